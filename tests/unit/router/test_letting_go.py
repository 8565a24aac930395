"""An utterance is let go with its call, and not when Python next looks for cycles."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest

from parlando_kit.errors import Reason
from parlando_router.utterance import Utterance
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import run

TEXT = "Orange lamp stands here. Seven green steps down!"


@pytest.fixture(autouse=True)
def _no_search() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def _utterances() -> int:
    return sum(isinstance(each, Utterance) for each in gc.get_objects())


async def _to_its_end(call: Call) -> None:
    call.open(1)
    call.text(1, TEXT)
    call.end()
    await call.done()


async def _cancelled_as_it_comes(call: Call) -> None:
    call.open(1)
    call.text(1, TEXT)
    await call.until(lambda: call.frames)
    call.cancel(1)
    call.end()
    await call.done()


async def _cancelled_whole(call: Call) -> None:
    call.open(1)
    call.text(1, TEXT)
    call.end()
    await call.until(lambda: call.frames)
    call.cancel(1)
    await call.done()


async def _left(call: Call) -> None:
    call.open(1)
    call.text(1, TEXT)
    await call.until(lambda: call.frames)
    assert call.task is not None
    call.task.cancel()
    await asyncio.wait({call.task})
    call.task = None  # which the utterance refers to: it writes to the call


@pytest.mark.parametrize("speak", [_to_its_end, _cancelled_as_it_comes, _cancelled_whole, _left])
def test_an_utterance_is_gone_as_soon_as_its_call_is(speak: Callable[[Call], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play())})
        before = _utterances()
        call = stage.speak()
        await speak(call)
        del call
        assert _utterances() == before

    run(main())


def test_one_that_is_refused_is_gone_too() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play())}, most_waiting=0)
        before = _utterances()
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        assert (await call.refusal()).reason is Reason.OVERLOADED
        call.task = None
        del call
        assert _utterances() == before

    run(main())
