"""What tests of a server and its callers share."""

import asyncio
import gc
from collections.abc import AsyncIterator
from functools import partial
from typing import get_args

import pytest

from tests.component.kit import echo
from tests.component.kit.lasting import SECONDS


@pytest.fixture(params=get_args(echo.Transport))
def serving(request: pytest.FixtureRequest) -> echo.Serving:
    """Serve, and be called by a socket or within the process: a test that takes this runs on both."""
    return partial(echo.serving, transport=request.param)


@pytest.fixture
async def nothing_is_left(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """After the test no task is left, and asyncio has warned of nothing."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=SECONDS)
    assert left == set()
    gc.collect()  # whatever is destroyed while it waits is told now
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
