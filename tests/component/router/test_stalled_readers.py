"""A reader that stops has the router hold little more than one fragment, and nobody else feels it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando_router.playout import UNSENT_SECONDS
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import (
    END,
    Router,
    WorkerProcess,
    kinds,
    mesh,
    opened,
    said,
    say,
    send,
    text,
    until,
)

_SCRIPT = ScriptedSettings(character_ms=60)
_MOST = 100  # code points of a fragment
_FRAGMENT_SECONDS = _MOST * 0.1  # `character_ms`, and the gaps between words
_BUDGET_SECONDS = 2
_TEXT = "Seven green steps lead down to the old garden, where nobody has been. " * 60
_BESIDE = 20


def _settings(**settings: Any) -> dict[str, Any]:
    return {"schedule": fragmenter_pb2.Schedule(max_code_points=_MOST), **settings}


async def _speak(router: Router, mode: speech_pb2.PlayoutMode) -> grpc.aio.Call:
    call = router.stub.Speak()
    how = speech_pb2.SpeechSettings(playout_mode=mode)
    how.playout_budget.FromSeconds(_BUDGET_SECONDS)
    settings = _settings(playout_mode=mode, playout_budget=how.playout_budget)
    await send(call, opened(**settings), text(_TEXT), END)
    await call.read()
    return call


async def _by_the_clock(router: Router) -> grpc.aio.Call:
    return await _speak(router, speech_pb2.PLAYOUT_MODE_CLOCK)


async def _as_reported(router: Router) -> grpc.aio.Call:
    return await _speak(router, speech_pb2.PLAYOUT_MODE_REPORTED)


async def _unpaced(router: Router) -> grpc.aio.Call:
    return await _speak(router, speech_pb2.PLAYOUT_MODE_UNPACED)


async def _whole(router: Router) -> grpc.aio.Call:
    call = router.stub.Say(say(_TEXT, **_settings()))
    await call.read()
    return call


async def _bytes(router: Router) -> grpc.aio.Call:
    settings = speech_pb2.SpeechSettings(**_settings())
    call = router.stub.StreamAudio(speech_pb2.StreamAudioRequest(text=_TEXT, settings=settings))
    await call.read()
    return call


@pytest.mark.parametrize(
    ("stall", "budget"),
    [
        (_by_the_clock, _BUDGET_SECONDS),
        (_as_reported, _BUDGET_SECONDS),
        (_unpaced, UNSENT_SECONDS),
        (_whole, UNSENT_SECONDS),
        (_bytes, UNSENT_SECONDS),
    ],
)
async def test_no_more_than_the_budget_and_a_fragment_is_held_and_others_are_served(
    stall: Callable[[Router], Awaitable[grpc.aio.Call]], budget: float
) -> None:
    worker = WorkerProcess(_SCRIPT)
    async with mesh(worker) as router:
        call = await stall(router)
        try:

            async def is_full() -> bool:
                assert router.instruments.unheard <= budget + _FRAGMENT_SECONDS
                return router.instruments.unheard >= budget

            await until(is_full, True)
            await worker.until_load(0)  # the engine waits for nobody
            for _ in range(_BESIDE):
                assert kinds(await said(router.stub.Say(say("Orange lamp."))))[-1] == "finished"
                assert router.instruments.unheard <= budget + _FRAGMENT_SECONDS
            await worker.until_load(0)
        finally:
            call.cancel()
        await until(router.utterances, 0)
        assert router.instruments.unheard == 0
