"""Servers of one process, one behind the other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from parlando_kit import lifecycle
from parlando_kit.lifecycle import Chain
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from tests.component.kit.echo import echo_service

_DEPENDENCY = "dependency/engines"


class _Front:
    """What people call: it only notes that it was started."""

    def __init__(self) -> None:
        self.started = False
        self.live = 0

    async def start(self) -> int:
        self.started = True
        return 8080

    async def stop(self, grace: float) -> None:
        del grace


@pytest.fixture
async def behind() -> AsyncIterator[Server]:
    """A server that lacks what it depends on."""
    server = Server(ServerSettings(port=0), [echo_service()])
    await server.set_health(_DEPENDENCY, serving=False)
    yield server
    await server.stop(0)


async def test_the_front_is_started_once_what_is_behind_it_serves(behind: Server) -> None:
    front = _Front()
    starting = asyncio.create_task(Chain(("front", front), {"behind": behind}).start())
    await asyncio.sleep(0.1)
    assert not front.started
    await behind.set_health(_DEPENDENCY, serving=True)
    assert await starting == 8080
    assert front.started


async def test_it_is_started_all_the_same_after_a_while(
    behind: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_READY_SECONDS", 0.05)
    front = _Front()
    assert await Chain(("front", front), {"behind": behind}).start() == 8080
    assert front.started
    assert not await behind.ready(within=0)


async def test_a_start_that_is_cancelled_starts_nothing_more(behind: Server) -> None:
    front = _Front()
    starting = asyncio.create_task(Chain(("front", front), {"behind": behind}).start())
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not front.started
