"""Supervises toy services: `system.py STOP_SECONDS ANSWER_SECONDS NAME:PORT[:WAY…] …`, front first.

Those named `<layer>_<number>` are of one layer.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.ports import wait_until_heard, wait_until_serving
from parlando_client.supervisor.supervisor import StartError, supervise

SERVICE = Path(__file__).with_name("service.py")


def report(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # it is a program


def main() -> None:
    stop_seconds, answer_seconds = map(float, sys.argv[1:3])
    children = []
    for row in sys.argv[3:]:
        name, port, *ways = row.split(":")
        children.append(
            Child(
                name=name,
                command=(sys.executable, str(SERVICE), name, port, *ways),
                environment={},
                ports={f"{name.upper()}_PORT": int(port)},
                ready=partial(wait_until_serving, f"127.0.0.1:{port}", name),
                stop_seconds=stop_seconds,
                layer=name.partition("_")[0],
                heard=partial(wait_until_heard, f"127.0.0.1:{port}", name),
                answer_seconds=answer_seconds,
            )
        )
    try:
        asyncio.run(supervise(children, report, lambda _: report("all are up")))
    except StartError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
