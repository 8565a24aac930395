"""Loading the engine while the server answers already, so that health can tell how it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlando_kit.server import Server
from parlando_synth.worker import State, Worker

DEPENDENCY = "dependency/engine"
"""The name under which health tells of the engine."""


@asynccontextmanager
async def engine_of(worker: Worker, server: Server) -> AsyncIterator[None]:
    """Load the worker's engine in the background, and close it at the end."""
    await server.set_health(DEPENDENCY, serving=False)

    async def load() -> None:
        state = await worker.load()
        await server.set_health(DEPENDENCY, serving=state is State.READY)

    loading = asyncio.create_task(load())
    try:
        yield
    finally:
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        await worker.close()
