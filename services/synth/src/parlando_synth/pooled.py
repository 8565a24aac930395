"""Engines of several instances, which a pool holds."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from parlando_kit.clock import Clock, MonotonicClock
from parlando_synth.engine import REHEARSAL, Engine, Warmth
from parlando_synth.pool import Pool, Pooled

_Instance = TypeVar("_Instance", bound=Pooled)


class PooledEngine(Engine, Generic[_Instance]):
    """An engine that speaks a job on one of its instances. All are opened at first; see `Pool`.

    Args:
        instances: how many there may be, 1 or more; `describe().max_live` says the same.
        close_within: seconds that instances have to close. One that does not in time is left behind.
        clock: tells how long an instance was not used.
    """

    def __init__(self, *, instances: int, close_within: float = 3.0, clock: Clock | None = None) -> None:
        if instances < 1:
            raise ValueError(f"instances must be 1 or more, not {instances}")
        self._instances = instances
        self._pool: Pool[_Instance] = Pool(
            self._begin, most=instances, warmth=Warmth(), clock=clock or MonotonicClock()
        )
        self._close_within = close_within

    @abstractmethod
    def _begin(self, number: int) -> _Instance:
        """Begin to open an instance; see `Pool`."""

    @property
    def rehearsal(self) -> str:
        """What the engine speaks to nobody once it is loaded."""
        return REHEARSAL

    @property
    def held(self) -> int:
        """Instances that are open."""
        return self._pool.held

    async def keep(self, warmth: Warmth) -> None:
        """Hold so many instances however long nobody uses them; `load` opens all there may be."""
        await self._pool.keep(warmth)

    async def load(self) -> None:
        """Open all instances at once."""
        try:
            await self._pool.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the instances, leaving behind what is not done in time."""
        await self._pool.close(self._close_within)
