from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.component.session.places import Place, opened
from tests.component.session.redis_server import WITH_6_2, RedisServer, newest, oldest
from tests.component.session.serving import Served, served

_SERVERS = ["redis", "redis 6.2"] if WITH_6_2 else ["redis"]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The machine's own Redis, 7 or later."""
    yield from _started(newest(), tmp_path_factory.mktemp("redis"))


@pytest.fixture(scope="session")
def redis_6_2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The oldest Redis that is supported."""
    yield from _started(oldest(), tmp_path_factory.mktemp("redis62"))


def _started(program: Path, folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(program, folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["memory", *_SERVERS])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Each kind of store in turn, empty."""
    async with opened(_server(request)) as held:
        yield held


@pytest.fixture(params=["memory", *_SERVERS])
async def everywhere(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """A service on each kind of store in turn."""
    found = _server(request)
    async with served(found.url if found is not None else "") as on:
        yield on


@pytest.fixture(params=_SERVERS)
def server(request: pytest.FixtureRequest) -> RedisServer:
    """Each Redis in turn."""
    found = _server(request)
    assert found is not None
    return found


def _server(request: pytest.FixtureRequest) -> RedisServer | None:
    found: RedisServer | None = None
    if request.param != "memory":
        name = "redis_server" if request.param == "redis" else "redis_6_2"
        found = request.getfixturevalue(name)
    return found
