"""A row of the supervisor's table, and the process made from it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_HERE = Path(__file__).parent
_BARE_PYTHON = (sys.executable, "-I", "-S")


@dataclass(frozen=True, slots=True)
class Child:
    """A service to run.

    Attributes:
        name: for people. Example: "router".
        command: program and arguments.
        environment: added to the supervisor's own.
        ports: where it listens, on 127.0.0.1, by the setting that moves it, for people.
        ready: returns once it serves; called before it is up.
        stop_seconds: how long it may take to end before it is killed: by default as long as a service of ours
            may, its drain (`drain_seconds` of its settings), the leaving after it, and its last telemetry.
        layer: neighbours of one layer are stopped together; empty: it is stopped by itself.
        close: returns once it lets nobody new in, for a program through which others are reached: asked
            before any child is stopped.
        drain: returns once it may be asked to end, for a program that does not drain on SIGTERM.
        heard: returns once it has said anything at all, or nobody listens; asked again and again once it has
            served. None: it is not asked.
        answer_seconds: what is not heard for so long, and then for so long again, hangs, and is killed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    ready: Callable[[], Awaitable[None]]
    stop_seconds: float = 20.0
    layer: str = ""
    close: Callable[[], Awaitable[None]] | None = None
    drain: Callable[[], Awaitable[None]] | None = None
    heard: Callable[[], Awaitable[None]] | None = None
    answer_seconds: float = 5.0


class Guard:
    """The process that ends what children leave behind when the supervisor is killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # this program, and a file beside this one
            [*_BARE_PYTHON, str(_HERE / "guard.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
        assert self._process.stdin is not None  # noqa: S101  # it was asked for
        self._pipe = self._process.stdin

    @property
    def descriptor(self) -> int:
        """Where a leash tells the guard of its process group."""
        return self._pipe.fileno()

    def ended(self, group: int) -> None:
        """Tell the guard that a process group is no more."""
        with suppress(BrokenPipeError):  # without a guard there is still the parent-death signal
            os.write(self.descriptor, f"-{group}\n".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.close()
        self._process.wait()


async def start(child: Child, guard: Guard) -> asyncio.subprocess.Process:
    """Start a child in a process group of its own, on the leash. What it prints goes to our standard error.

    Out of the reach of the terminal's Ctrl-C, and not in a session of its own: Linux schedules sessions
    against each other (autogroups), and a service that wakes for a cancel would wait for whole sessions.
    """
    leash = (*_BARE_PYTHON, str(_HERE / "leash.py"), str(os.getpid()), str(guard.descriptor))
    return await asyncio.create_subprocess_exec(
        *leash,
        *child.command,
        env={**os.environ, **child.environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        process_group=0,
        pass_fds=(guard.descriptor,),
    )


def kill(process: asyncio.subprocess.Process) -> None:
    """Kill a child and everything in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
