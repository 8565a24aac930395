"""Services are killed while requests trickle in: readiness tells, others go on, and they come back.

`pytest tests/e2e/test_recovery.py -o log_cli=true --log-cli-level=INFO` tells how long each took.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import httpx2
import psutil
import pytest

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from tests.e2e.through import PATIENCE, Through

_log = logging.getLogger(__name__)

_EVERY_SECONDS = 0.1
# The promise is 5 s on a machine that has nothing else to do.
_RECOVERY_SECONDS = 15.0


@dataclass
class Trickle:
    """Requests of one kind, one every 100 ms: when each began, and whether it was answered."""

    outcomes: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def failures(self) -> int:
        """How many were not answered."""
        return sum(not well for _, well in self.outcomes)

    def well_after(self, moment: float) -> bool:
        """Return whether there were any that began after a moment, and each was answered."""
        later = [well for began, well in self.outcomes if began > moment]
        return len(later) > 0 and all(later)


Ask = Callable[[], Awaitable[bool]]


class Callers:
    """What callers ask of a system."""

    def __init__(self, through: Through, http: httpx2.AsyncClient, channel: grpc.aio.Channel) -> None:
        self._through = through
        self._http = http
        self._say = SpeechServiceStub(channel).Say

    async def page(self) -> bool:
        """Fetch the page: it needs the edge alone."""
        return (await self._http.get("/")).status_code == 200

    async def speech(self) -> bool:
        """Have a word spoken over HTTP: it needs all but the session service."""
        body = {"input": "Yes.", "voice": "alloy", "response_format": "pcm"}
        answer = await self._http.post("/v1/audio/speech", json=body)
        return answer.status_code == 200 and len(answer.content) > 0

    async def say(self) -> bool:
        """Have a word spoken over gRPC: it needs all but the edge and the session service."""
        responses = [each async for each in self._say(speech_pb2.SayRequest(text="Yes."), timeout=PATIENCE)]
        return responses[-1].events[-1].HasField("finished")

    async def ready(self) -> bool:
        """Ask for readiness."""
        return (await self._http.get("/readyz")).status_code == 200


async def _tried(ask: Ask) -> bool:
    try:
        return await ask()
    except (httpx2.TransportError, grpc.aio.AioRpcError):
        return False


@asynccontextmanager
async def _trickling(ask: Ask) -> AsyncIterator[Trickle]:
    """Ask again and again, whatever comes of it; at the end, all are awaited."""
    trickle = Trickle()

    async def once() -> None:
        began = time.monotonic()
        trickle.outcomes.append((began, await _tried(ask)))

    async def drip(tasks: asyncio.TaskGroup) -> None:
        while True:
            tasks.create_task(once())
            await asyncio.sleep(_EVERY_SECONDS)

    async with asyncio.TaskGroup() as tasks:
        dripping = tasks.create_task(drip(tasks))
        yield trickle
        dripping.cancel()


async def _until_ready(callers: Callers, *, ready: bool) -> float:
    """Return the moment at which readiness has become what is waited for."""
    give_up = time.monotonic() + _RECOVERY_SECONDS
    while await _tried(callers.ready) is not ready:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.02)
    return time.monotonic()


@asynccontextmanager
async def _callers(through: Through) -> AsyncIterator[Callers]:
    async with (
        httpx2.AsyncClient(base_url=through.url(""), timeout=PATIENCE) as http,
        grpc.aio.insecure_channel(through.address) as channel,
    ):
        yield Callers(through, http, channel)


@pytest.mark.parametrize(
    ("name", "goes_on", "fails"),
    [
        ("synth", Callers.page, True),
        ("router", Callers.page, True),
        ("fragmenter", Callers.page, False),  # who asks meanwhile waits for it
        ("edge", Callers.say, True),
    ],
)
async def test_what_is_killed_is_missed_told_of_and_back(
    espeak_through: Through,
    name: str,
    goes_on: Callable[[Callers], Awaitable[bool]],
    fails: bool,  # noqa: FBT001  # pytest passes by name
) -> None:
    service = espeak_through.service(name)
    family = [service, *service.children(recursive=True)]
    async with _callers(espeak_through) as callers:
        await _until_ready(callers, ready=True)
        async with (
            _trickling(lambda: goes_on(callers)) as others,
            _trickling(callers.speech) as speech,
            _trickling(callers.say) as say,
        ):
            killed = time.monotonic()
            service.kill()
            # What nobody misses need not be told of.
            unready = await _until_ready(callers, ready=False) if fails else killed
            ready = await _until_ready(callers, ready=True)
            # Readiness is a promise: what is asked for from now on is spoken.
            assert await callers.speech()
            assert await callers.say()
            await asyncio.sleep(5 * _EVERY_SECONDS)  # a few more of the trickle
    _log.info("%s: told of after %.2f s, back after %.2f s", name, unready - killed, ready - killed)
    assert ready - killed < _RECOVERY_SECONDS
    assert others.failures == 0
    assert not fails or speech.failures > 0
    assert speech.well_after(ready)
    assert say.well_after(ready)
    # What ended and was not buried yet by whoever inherited it is no process.
    left = {each.pid for each in espeak_through.mark.processes()}
    assert [each for each in family if each.pid in left] == []


async def test_without_the_session_service_speech_goes_on(espeak_through: Through) -> None:
    async with _callers(espeak_through) as callers:
        await _until_ready(callers, ready=True)
        async with _trickling(callers.speech) as speech, _trickling(callers.say) as say:
            espeak_through.kill("session")
            give_up = time.monotonic() + _RECOVERY_SECONDS
            async with httpx2.AsyncClient(base_url=espeak_through.url(""), timeout=PATIENCE) as http:
                for status in ("degraded", "ok"):
                    while (await http.get("/health")).json()["status"] != status:
                        assert time.monotonic() < give_up
                        await asyncio.sleep(0.02)
        assert len(speech.outcomes) > 5
        assert speech.failures == say.failures == 0


async def test_envoy_comes_back(espeak_through: Through) -> None:
    envoy = espeak_through.service("envoy")
    async with _callers(espeak_through) as callers:
        envoy.kill()
        psutil.wait_procs([envoy], PATIENCE)
        await _until_ready(callers, ready=True)
        assert await callers.speech()
