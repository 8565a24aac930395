"""Requests that the OpenAPI document allows and forbids, made by schemathesis in a process of its own.

    python -m tests.component.edge.fuzzing SECONDS

serves an edge before a scripted router, then one before a router and a worker that keep voices, each for so
long, and ends with schemathesis' own status.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from parlando_scripted.script import ScriptedSettings
from tests.component.edge.router import new_router
from tests.component.edge.serving import ADMIN_KEY, NOWHERE, serving, serving_before
from tests.component.router.mesh import WorkerProcess, mesh

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
)


async def fuzzed(port: int, seconds: int, *options: str) -> tuple[int, str]:
    """Send requests to an edge for so many seconds; return schemathesis' exit status and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"http://127.0.0.1:{port}/openapi.json",
            f"--max-time={seconds}",
            f"--checks={','.join(_CHECKS)}",
            "--phases=examples,coverage,fuzzing",
            "--warnings=off",
            "--no-color",
            "--request-timeout=20",
            "--suppress-health-check=all",  # those that time things: a busy machine fails them
            *options,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return process.returncode or 0, said.decode()


async def fuzzed_voices(seconds: int, *options: str) -> tuple[int, str, int]:
    """Send requests that make, change and remove voices to an edge, a router and a worker that keeps them.

    Returns:
        Schemathesis' exit status, what it printed, and the status of the edge's health after it.
    """
    with tempfile.TemporaryDirectory() as folder:
        worker = WorkerProcess(ScriptedSettings(voices=Path(folder)))
        async with (
            mesh(worker) as router,
            serving_before(router.address, NOWHERE, new_router(), admin_key=ADMIN_KEY) as edge,
        ):
            status, said = await fuzzed(
                edge.port,
                seconds,
                "--include-path-regex=/voices",
                f"--header=Authorization: Bearer {ADMIN_KEY}",
                *options,
            )
            return status, said, (await edge.http.get("/healthz")).status_code


async def _main(seconds: int) -> int:
    async with serving() as edge:
        status, said = await fuzzed(edge.port, seconds)
    voices, said_of_voices, _ = await fuzzed_voices(seconds)
    sys.stdout.write(said + said_of_voices)
    return status or voices


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(int(sys.argv[1]))))
