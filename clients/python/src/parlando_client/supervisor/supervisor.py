"""Starts a table of children, keeps them running, and stops them front to back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import groupby

from parlando_client.supervisor.child import Child, Guard, kill, start
from parlando_client.supervisor.ports import is_free

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_REMINDER_SECONDS = 15.0
_LOOK_SECONDS = 2.0
_MISSES = 2  # not one: whoever stopped with the supervisor, and goes on with it, is to have time to answer

Report = Callable[[str], None]


class StartError(Exception):
    """The system cannot be started; the message says why, and what to do."""


class _Keeper:
    """Keeps one child running until it is told to stop."""

    def __init__(self, child: Child, guard: Guard, report: Report) -> None:
        self.child = child
        self.started = False  # the whole system was up: from then on what dies is started again
        self.serves = asyncio.Event()  # since its last start
        self._guard = guard
        self._report = report
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Start the child, and start it again when it dies.

        The pause before that grows only while it dies before it has served: what served and was killed is
        back soon, however often that happens, and what cannot start is tried less and less often.

        Raises:
            StartError: it died before the system was up.
        """
        pause = _FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                status = await self._run_once()
                if self._stopping.is_set():
                    return
                if not self.started:
                    raise StartError(f"{self.child.name} ended with status {status} before the system was up")
                if self.serves.is_set():
                    pause = _FIRST_PAUSE
                self._report(
                    f"{self.child.name} ended with status {status}: starting it again in {pause:g} s"
                )
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._gone.set()

    async def _run_once(self) -> int:
        self.serves.clear()
        self._process = await start(self.child, self._guard)
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(self._process))
                status = await self._process.wait()
                watching.cancel()
            return status
        finally:
            kill(self._process)  # the child, if we are cancelled; else only what it left behind
            await self._process.wait()
            self._guard.ended(self._process.pid)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Notice that a child serves, and end it where it hangs later on."""
        await self.child.ready()
        self.serves.set()
        if self.started:
            self._report(f"{self.child.name} serves again")
        if self.child.heard is None:
            return
        misses = 0
        while misses < _MISSES:
            await asyncio.sleep(_LOOK_SECONDS)
            misses = 0 if await self._is_heard(self.child.heard) else misses + 1
        if not self._stopping.is_set():  # `stop` has its own bound
            self._report(f"{self.child.name} runs and does not answer: killing it")
            kill(process)

    async def _is_heard(self, heard: Callable[[], Awaitable[None]]) -> bool:
        try:
            async with asyncio.timeout(self.child.answer_seconds):
                await heard()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Ask the child to end, wait until it has, and kill it when it takes too long."""
        self._stopping.set()
        try:
            async with asyncio.timeout(self.child.stop_seconds):
                if self._process is not None and self._process.returncode is None:
                    self._report(f"stopping {self.child.name}")
                    await self._end(self._process)
                await self._gone.wait()
        except TimeoutError:
            self._report(f"{self.child.name} did not end within {self.child.stop_seconds:g} s: killing it")
            self.kill()
            await self._gone.wait()

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if self.child.drain is not None:
            await self.child.drain()
        with suppress(ProcessLookupError):  # it has ended meanwhile
            process.terminate()

    def kill(self) -> None:
        """End the child at once."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            kill(self._process)


async def supervise(children: Sequence[Child], report: Report, ready: Callable[[float], None]) -> None:
    """Run children until SIGINT, SIGTERM or SIGHUP; a second signal does not wait for them to drain.

    Args:
        children: in the order in which they are stopped, front first, those of a layer together. They are
            started together.
        report: takes one line for the person at the terminal.
        ready: called with the seconds it took, once every child serves.

    Raises:
        StartError: a port is taken, or a child died before all were up; nothing is left running.
    """
    _refuse_taken_ports(children)
    signals = _signals()
    failure: Exception | None = None
    with Guard() as guard:
        keepers = [_Keeper(child, guard, report) for child in children]
        try:
            async with asyncio.TaskGroup() as tasks:
                for keeper in keepers:
                    tasks.create_task(keeper.run())
                starting = tasks.create_task(_bring_up(keepers, report, ready))
                await signals.get()
                starting.cancel()
                stopping = tasks.create_task(_stop(keepers))
                impatient = tasks.create_task(signals.get())
                await asyncio.wait({stopping, impatient}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                impatient.cancel()
                for keeper in keepers:
                    keeper.kill()
        except* StartError as group:
            failure = group.exceptions[0]
    if failure is not None:
        raise failure


async def _bring_up(keepers: Sequence[_Keeper], report: Report, ready: Callable[[float], None]) -> None:
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        reminder = tasks.create_task(_remind(keepers, report))
        for keeper in keepers:
            await keeper.serves.wait()
        reminder.cancel()
    for keeper in keepers:
        keeper.started = True
    ready(time.monotonic() - began)


async def _remind(keepers: Sequence[_Keeper], report: Report) -> None:
    while True:
        await asyncio.sleep(_REMINDER_SECONDS)
        late = ", ".join(keeper.child.name for keeper in keepers if not keeper.serves.is_set())
        report(f"still waiting for {late}; `parlando doctor` says why")


async def _stop(keepers: Sequence[_Keeper]) -> None:
    for keeper in keepers:
        if keeper.child.close is not None:
            await keeper.child.close()
    for _, layer in groupby(keepers, lambda keeper: keeper.child.layer or keeper.child.name):
        async with asyncio.TaskGroup() as tasks:
            for keeper in layer:
                tasks.create_task(keeper.stop())


def _refuse_taken_ports(children: Sequence[Child]) -> None:
    owners: dict[int, Child] = {}
    for child, setting, port in ((each, *item) for each in children for item in each.ports.items()):
        other = owners.get(port)
        if other is not None:
            raise StartError(
                f"port {port} is asked for by {other.name} and {child.name}: set {setting} to another"
            )
        if not is_free(port):
            raise StartError(
                f"port {port} is taken, and {child.name} needs it: "
                f"stop what listens there, or set {setting} to another"
            )
        owners[port] = child


def _signals() -> asyncio.Queue[int]:
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    asked = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under nohup
        asked.append(signal.SIGHUP)
    for number in asked:
        loop.add_signal_handler(number, signals.put_nowait, number)
    return signals
