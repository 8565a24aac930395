"""`/dev/*`: what tests engines, and who is offered it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from parlando_edge.benchmark import BenchBody, Benchmark
from parlando_edge.ports import SpeechSettings
from parlando_edge.settings import EdgeSettings
from parlando_kit.errors import ParlandoError, Reason
from tests.component.edge.serving import serving
from tests.unit.edge.speakers import HandClock, Recital, Reciter


async def test_an_engine_is_tried_failed_and_mended() -> None:
    async with serving() as edge:
        tried = await edge.http.post("/dev/test-stream", json={})
        assert tried.json() == {"engine": "fake", "first_chunk_ms": 3.0, "audio_duration_ms": 2000.0}
        failed = await edge.http.post("/dev/fallback", json={"engine": "fake", "seconds": 0.5})
        assert failed.json() == {"status": "ok"}
        assert (await edge.http.post("/dev/reset", json={})).json() == {"reset": 1}
        assert (await edge.http.post("/dev/cache/flush", json={})).json() == {"entries": 3}
        assert (await edge.http.post("/dev/cache/flush", json={"engine": "fake"})).json() == {"entries": 1}
        said = (await edge.http.get("/dev/statistics")).json()
        assert said["uptime_seconds"] == 7
        assert said["engines"][0]["failures"] == {"ENGINE_FAILED": 1}


async def test_the_system_says_how_soon_it_speaks_and_falls_silent() -> None:
    async with serving() as edge:
        said = (await edge.http.post("/dev/bench", json={"voice": "hangs", "trials": 3})).json()
        assert (said["engine"], said["voice"], said["trials"]) == ("fake", "hangs", 3)
        figures = {(each["figure"], each["hop"]): each for each in said["figures"]}
        assert set(figures) == {
            ("first_chunk", "edge"),
            ("first_chunk", "router"),
            ("cancel_last_byte", "edge"),
            ("cancel_last_byte", "router"),
            ("cancel_engine_idle", "edge"),
            ("cancel_engine_idle", "router"),
            ("cancel_engine_time", "worker"),
        }
        assert figures["first_chunk", "router"] == {
            "figure": "first_chunk",
            "hop": "router",
            "p50_ms": 3.0,
            "p95_ms": 3.0,
            "most_ms": 3.0,
            "of": 3,
        }
        assert figures["cancel_engine_idle", "router"]["p50_ms"] == 2.0
        assert figures["cancel_last_byte", "router"]["p50_ms"] == 1.0
        assert figures["cancel_engine_time", "worker"]["p50_ms"] == 0.5
        for figure in ("first_chunk", "cancel_last_byte", "cancel_engine_idle"):
            seen = figures[figure, "edge"]
            assert 0 <= seen["p50_ms"] <= seen["p95_ms"] <= seen["most_ms"]
        assert (edge.router.cancels, edge.router.live) == (3, 0)


async def test_it_measures_once_at_a_time_and_does_not_wait_for_ever() -> None:
    async with serving() as edge:
        first = asyncio.create_task(edge.http.post("/dev/bench", json={"voice": "late", "trials": 1}))
        await edge.router.until_live(1)
        second = await edge.http.post("/dev/bench", json={})
        assert (second.status_code, second.json()["error"]["code"]) == (429, "overloaded")
        edge.router.released.set()
        assert (await first).json()["trials"] == 1
        silent = (await edge.http.post("/dev/bench", json={"voice": "silent", "trials": 1})).json()
        assert silent["figures"] == []  # nothing was measured, and nothing is made up


async def test_a_measurement_that_takes_too_long_says_so() -> None:
    class Never(Reciter):
        """A speaker that is silent for good."""

        @asynccontextmanager
        async def speak(self, settings: SpeechSettings) -> AsyncIterator[Recital]:
            """Speak never."""
            del settings
            await asyncio.Event().wait()
            yield Recital(())

    benchmark = Benchmark(Never(), HandClock(), longest=0.0)
    with pytest.raises(ParlandoError) as late:
        await benchmark.run(BenchBody())
    assert late.value.reason is Reason.TOO_LATE


async def test_what_is_wrong_is_named() -> None:
    async with serving() as edge:
        for body, status, param in (
            ({}, 400, "engine"),
            ({"engine": "fake", "seconds": 4_000}, 400, "seconds"),
            ({"engine": "kokro"}, 404, "engine"),
        ):
            refused = await edge.http.post("/dev/fallback", json=body)
            assert (refused.status_code, refused.json()["error"]["param"]) == (status, param)
        many = await edge.http.post("/dev/bench", json={"trials": 51})
        assert (many.status_code, many.json()["error"]["param"]) == (400, "trials")
        undeclared = await edge.http.post("/dev/reset", content=b"{}")
        assert undeclared.status_code == 415
        assert undeclared.json()["error"]["code"] == "unsupported_media_type"


async def test_it_can_be_switched_off() -> None:
    async with serving(dev="off") as edge:
        assert (await edge.http.post("/dev/reset", json={})).status_code == 404
        assert not any(
            path.startswith("/dev") for path in (await edge.http.get("/openapi.json")).json()["paths"]
        )


@pytest.mark.parametrize(
    ("host", "dev", "offered"),
    [
        ("127.0.0.1", "auto", True),
        ("127.0.0.2", "auto", True),
        ("::1", "auto", True),
        ("localhost", "auto", True),
        ("0.0.0.0", "auto", False),  # noqa: S104  # nothing listens on it here
        ("10.0.0.7", "auto", False),
        ("edge.example", "auto", False),
        ("10.0.0.7", "on", True),
        ("127.0.0.1", "off", False),
    ],
)
def test_outside_loopback_it_is_off_until_asked_for(host: str, dev: str, offered: bool) -> None:  # noqa: FBT001
    assert EdgeSettings(host=host, dev=dev).offers_dev is offered  # type: ignore[arg-type]  # pydantic's to check
