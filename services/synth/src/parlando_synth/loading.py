"""Loading the engine while the server answers already, so that health can tell how it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlando_kit.server import Server
from parlando_synth.slot import State
from parlando_synth.worker import Worker

DEPENDENCY = "dependency/engine"
"""The name under which health tells of the engine."""


@asynccontextmanager
async def engine_of(worker: Worker, server: Server) -> AsyncIterator[None]:
    """Load the worker's engine in the background, tell its health from then on, and close it at the end."""
    await server.set_health(DEPENDENCY, serving=False)

    async def tell() -> None:
        state = State.LOADING
        while True:
            state = await worker.state_after(state)
            await server.set_health(DEPENDENCY, serving=state is State.READY)

    tasks = (asyncio.create_task(worker.load()), asyncio.create_task(tell()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.close()
