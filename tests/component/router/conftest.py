"""A router with one worker, for tests that harm neither."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.component.router.mesh import Router, WorkerProcess, mesh


@pytest.fixture
async def worker() -> WorkerProcess:
    """A worker with a scripted engine; `router` starts it."""
    return WorkerProcess()


@pytest.fixture
async def router(worker: WorkerProcess) -> AsyncIterator[Router]:
    """A router over `worker`."""
    async with mesh(worker) as served:
        yield served
