"""An event loop whose time is virtual: it jumps to the next timer as soon as nothing else can run.

Tests on it state times exactly, take no time, and end with an error where everything waits for ever.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class StuckError(Exception):
    """Every task waits, and no timer runs."""


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: a wait for a timer moves the time on instead. Each turn takes `turn` seconds."""

    def __init__(self, turn: float) -> None:
        super().__init__()
        self.now = 0.0
        self._turn = turn

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, after moving the time on by `timeout` seconds where nothing is."""
        ready = super().select(0)
        self.now += self._turn
        if not ready:
            if timeout is None:
                raise StuckError("every task waits, and no timer runs")
            self.now += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual time, which begins at 1,000 s, so that nothing takes a start at 0 for granted."""

    def __init__(self, turn: float = 0.0) -> None:
        self._jumping = _JumpingSelector(turn)
        self._jumping.now = 1_000.0
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return virtual seconds."""
        return self._jumping.now

    def hold_up(self, seconds: float) -> None:
        """Let time pass in which nothing runs."""
        self._jumping.now += seconds


class LoopClock:
    """A clock that tells the loop's time."""

    def now(self) -> float:
        """Return the loop's seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` have passed on the loop."""
        await asyncio.sleep(seconds)


def run(main: Coroutine[Any, Any, T], turn: float = 0.0) -> T:
    """Run a coroutine on virtual time and return what it returns. It leaves no task behind.

    Args:
        main: the coroutine.
        turn: seconds that each turn of the loop takes, as on a machine that is full.
    """
    with asyncio.Runner(loop_factory=partial(VirtualLoop, turn)) as runner:
        return runner.run(_alone(main))


async def _alone(main: Coroutine[Any, Any, T]) -> T:
    result = await main
    await settled()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"left running: {left}"
    return result


async def settled() -> None:
    """Let every task that can run do so, without time passing."""
    for _ in range(20):
        await asyncio.sleep(0)
