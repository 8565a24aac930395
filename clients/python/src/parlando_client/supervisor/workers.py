"""Which engines are started here: espeak-ng always, others with an environment and files or an account."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parlando_client.models import MODELS, complete
from parlando_client.remote_services import configured

EVERYWHERE = "espeak"
"""The engine that needs nothing but what is installed with the services."""

_PROJECTS = Path(sys.prefix).parent / "services" / "synth" / "engines"
_PYTHON = Path(".venv/bin/python")


@dataclass(frozen=True, slots=True)
class Worker:
    """A synthesis worker of this machine.

    Attributes:
        name: what people call it.
        engine: what it runs.
        port: where it listens, on 127.0.0.1.
        python: interpreter of the environment that has the engine.
        elsewhere: whether it speaks through a service that may be out, which nobody here waits for.
    """

    name: str
    engine: str
    port: int
    python: str = sys.executable
    elsewhere: bool = False


def local_workers(
    engine: str,
    port: int,
    count: int,
    *,
    projects: Path = _PROJECTS,
    models: Path = MODELS,
    environment: Mapping[str, str] = os.environ,
) -> tuple[Worker, ...]:
    """Return the workers to start, in the order in which a text is offered to them.

    Args:
        engine: the only engine to run; "" is all that can be: those elsewhere that are configured first, then
            the larger ones, then espeak-ng.
        port: of the first worker of that engine, or of espeak-ng; further ones have the ports after it.
        count: workers of that engine, or of espeak-ng.
        projects: where engines with environments of their own are.
        models: where their files are.
        environment: variables that configure those elsewhere.
    """
    remote = {each.name: each.project for each in configured(environment)}
    project_of = remote | {name: name for name in complete(models.expanduser())}
    apart = [name for name, project in project_of.items() if (projects / project / _PYTHON).exists()]

    def worker(name: str, engine: str, port: int) -> Worker:
        python = str(projects / project_of[engine] / _PYTHON) if engine in apart else sys.executable
        return Worker(name, engine, port, python, elsewhere=engine in remote)

    asked = [
        worker(f"synth-{port + place}" if place else "synth", engine or EVERYWHERE, port + place)
        for place in range(count)
    ]
    if engine:
        return tuple(asked)
    larger = [worker(f"synth-{name}", name, port + count + place) for place, name in enumerate(apart)]
    return (*larger, *asked)
