"""An engine that is lost in mid-sentence: another one goes on, and it speaks again once it is back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

import pytest

from parlando_client import AsyncClient
from tests.chaos.system import BACK_SECONDS, Service, System
from tests.component.engines.listening import TEXT, Taken, speak, written

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HALF = TEXT.index("or what")


async def _kill(worker: Service) -> None:
    await worker.end()


async def _hang(worker: Service) -> None:
    worker.send(signal.SIGSTOP)


async def _stop(worker: Service) -> None:
    worker.send(signal.SIGTERM)


async def _start(worker: Service) -> None:
    await worker.end()
    await worker.start()


async def _go_on(worker: Service) -> None:
    worker.send(signal.SIGCONT)


@pytest.mark.parametrize(
    ("lose", "restore"),
    [(_kill, _start), (_hang, _go_on), (_stop, _start)],
    ids=["killed", "hung", "stopped"],
)
async def test_no_word_is_lost_with_an_engine_and_it_speaks_again(
    system: System,
    engine: str,
    lose: Callable[[Service], Awaitable[None]],
    restore: Callable[[Service], Awaitable[None]],
) -> None:
    worker = system.workers[0]
    async with AsyncClient(system.router.address) as client:
        async with client.speak(sample_rate_hz=24_000) as live:
            taken = Taken()
            await live.send(TEXT)
            live.end()
            await taken.until(live, engine)
            await lose(worker)
            await taken.rest(live)
        assert taken.speakers == [engine, "espeak"]
        assert taken.says == written(TEXT)
        await restore(worker)
        await _until_it_speaks(client, engine)


async def test_an_engine_takes_its_sentence_back_from_the_one_that_took_it(
    system: System, engine: str
) -> None:
    worker, heir = system.workers
    async with AsyncClient(system.router.address) as client, client.speak(sample_rate_hz=24_000) as live:
        taken = Taken()
        await live.send(TEXT[:_HALF])
        await taken.until(live, engine)
        await worker.end()
        await taken.until(live, "espeak")
        await worker.start()
        await system.until_up(worker)
        await heir.end()
        await live.send(TEXT[_HALF:])
        live.end()
        await taken.rest(live)
    assert taken.speakers == [engine, "espeak", engine]
    assert taken.says == written(TEXT)


async def _until_it_speaks(client: AsyncClient, engine: str) -> None:
    """Return once new utterances are an engine's again; until then no word is lost either."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            _, taken = await speak(client, "Orange lamp.")
            assert taken.says == ["Orange", "lamp"]
            if taken.speakers == [engine]:
                return
            await asyncio.sleep(0.1)
