"""What is asked of ElevenLabs, and how its answers are heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from elevenlabs_server import ElevenLabsServer
from websockets.exceptions import WebSocketException

from parlando_elevenlabs.settings import ElevenLabsSettings
from parlando_elevenlabs.vendor import ElevenLabsVendor
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.contract import HUNG, check_words, perform
from parlando_synth.engine import Engine
from parlando_synth.events import Charge
from parlando_synth.job import Job
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import SECONDS_PER_CODE_POINT, speech
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Gender

RACHEL = "21m00Tcm4TlvDq8ikWAM"
ADAM = "Adam0000000000000000"
TEXT = "Seven grey lamps were lit before the rain."


@asynccontextmanager
async def _loaded(server: ElevenLabsServer, **settings: Any) -> AsyncIterator[Engine]:
    url = f"http://127.0.0.1:{server.port}"
    made = ElevenLabsSettings.model_validate({"base_url": url, "key": "k-1", **settings})
    engine = RemoteEngine(ElevenLabsVendor(made), made)
    await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


async def test_a_connection_is_there_before_the_first_job_and_stays(server: ElevenLabsServer) -> None:
    async with _loaded(server) as engine:
        assert len(server.socket_queries) == 1
        for _ in range(3):
            await perform(engine, Job(TEXT, RACHEL))
    [query] = server.socket_queries
    assert (query["voice"], query["model_id"]) == (RACHEL, "eleven_flash_v2_5")
    assert (query["output_format"], query["auto_mode"], query["sync_alignment"]) == (
        "pcm_24000",
        "true",
        "true",
    )
    assert [opening["context_id"] for opening in server.openings] == ["c0", "c1", "c2"]
    assert server.key == "k-1"


async def test_a_service_that_accepts_and_then_says_nothing_is_out() -> None:
    held: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    told = {"base_url": url, "key": "k-1", "connect_seconds": 1.0, "first_byte_seconds": 0.1}
    vendor = ElevenLabsVendor(ElevenLabsSettings.model_validate(told))
    with pytest.raises(TimeoutError) as hung:
        await vendor.open()
    await vendor.close()
    for writer in held:
        writer.close()
    silent.close()
    await silent.wait_closed()
    assert vendor.refusal(hung.value) == Refusal(Trouble.OUTAGE)


async def test_jobs_at_once_share_a_connection_up_to_what_it_takes(server: ElevenLabsServer) -> None:
    server.pause = 0.02
    async with _loaded(server, live=8) as engine:
        performances = await asyncio.gather(*(perform(engine, Job(TEXT, RACHEL)) for _ in range(7)))
    assert len(server.socket_queries) == 2
    for performance in performances:
        check_words(performance, TEXT)


async def test_voices_have_connections_of_their_own_and_no_more_than_are_allowed(
    server: ElevenLabsServer,
) -> None:
    async with _loaded(server, live=1) as engine:
        for voice in (RACHEL, ADAM, RACHEL):
            await perform(engine, Job(TEXT, voice))
    assert [query["voice"] for query in server.socket_queries] == [RACHEL, ADAM, RACHEL]


async def test_a_voice_whose_handshake_is_slow_holds_up_no_other(server: ElevenLabsServer) -> None:
    server.held = ADAM
    async with _loaded(server) as engine:
        stop = StopFlag()
        held = asyncio.create_task(perform(engine, Job(TEXT, ADAM), stop))
        assert await asyncio.to_thread(server.waiting.wait, HUNG)
        check_words(await perform(engine, Job(TEXT, RACHEL, seed=7)), TEXT)
        assert not held.done()
        stop.set()
        assert (await held).samples == 0


async def test_a_connection_closed_just_before_costs_no_text(server: ElevenLabsServer) -> None:
    async with _loaded(server, transport="websocket") as engine:
        for _ in range(3):
            await asyncio.to_thread(server.drop)
            check_words(await perform(engine, Job(TEXT, RACHEL)), TEXT)
    assert len(server.socket_queries) == 4


async def test_a_connection_whose_time_without_a_text_was_over_costs_no_text(
    server: ElevenLabsServer,
) -> None:
    async with _loaded(server, transport="websocket") as engine:
        await perform(engine, Job(TEXT, RACHEL))
        server.out_of_time = 1  # it was over while the text was on its way
        check_words(await perform(engine, Job(TEXT, RACHEL)), TEXT)
    assert server.texts == [TEXT] * 3, "the second text was asked for again, of which nothing was said"
    assert len(server.socket_queries) == 2


async def test_a_connection_closed_before_it_says_anything_is_not_taken_forever(
    server: ElevenLabsServer,
) -> None:
    async with _loaded(server, transport="websocket") as engine:
        server.closes_at_once = True
        with pytest.raises(ParlandoError) as failed:
            await perform(engine, Job(TEXT, RACHEL))
    assert failed.value.reason is Reason.ENGINE_FAILED
    assert server.asked == 2, "by the one that was there, and once by a new one"


@pytest.mark.parametrize("transport", ["websocket", "http"])
async def test_words_are_timed_by_their_characters(server: ElevenLabsServer, transport: str) -> None:
    async with _loaded(server, transport=transport) as engine:
        performance = await perform(engine, Job(TEXT, RACHEL))
    check_words(performance, TEXT)
    for word in performance.words:
        assert word.quality is TimingQuality.EXACT
        expected = word.spoken.start * SECONDS_PER_CODE_POINT * 24_000
        assert abs(word.first_sample - expected) <= 24, TEXT[word.spoken.start : word.spoken.end]
        assert abs(word.end_sample - word.spoken.end * SECONDS_PER_CODE_POINT * 24_000) <= 24


@pytest.mark.parametrize("transport", ["websocket", "http"])
async def test_sound_without_times_still_has_words(server: ElevenLabsServer, transport: str) -> None:
    server.aligned = False
    async with _loaded(server, transport=transport) as engine:
        performance = await perform(engine, Job(TEXT, RACHEL))
    check_words(performance, TEXT)
    assert {word.quality for word in performance.words} == {TimingQuality.ESTIMATED}


@pytest.mark.parametrize("transport", ["websocket", "http"])
async def test_delivery_is_asked_for(server: ElevenLabsServer, transport: str) -> None:
    options = {"stability": "0.3", "use_speaker_boost": "false"}
    job = Job("Late.", RACHEL, language="de-DE", speed=1.1, seed=7, options=options)
    async with _loaded(server, transport=transport, style=0.5) as engine:
        await perform(engine, job)
    expected = {"stability": 0.3, "style": 0.5, "use_speaker_boost": False, "speed": 1.1}
    if transport == "websocket":
        asked, settings = server.socket_queries[-1], server.openings[-1]["voice_settings"]
    else:
        asked, settings = server.bodies[-1], server.bodies[-1]["voice_settings"]
    assert settings == expected
    assert (asked["language_code"], str(asked["seed"])) == ("de", "7")


@pytest.mark.parametrize("transport", ["websocket", "http"])
@pytest.mark.parametrize(
    ("how", "asked"),
    [
        ({"emotion": "excited", "emotion_intensity": 1.0}, {"stability": 0.2, "style": 0.8}),
        ({"emotion": "excited"}, {"stability": 0.4, "style": 0.5}),  # from 0.6 and 0.2, half of the way
        ({"emotion": "excited", "emotion_intensity": 0.0}, {"stability": 0.6, "style": 0.2}),
        ({"emotion": "calm", "options": {"style": "0.9"}}, {"stability": 0.7, "style": 0.9}),
    ],
)
async def test_a_feeling_is_asked_for_as_stability_and_style(
    server: ElevenLabsServer, transport: str, how: dict[str, Any], asked: dict[str, float]
) -> None:
    async with _loaded(server, transport=transport, stability=0.6, style=0.2) as engine:
        performance = await perform(engine, Job("Late.", RACHEL, **how))
    sent = server.openings if transport == "websocket" else server.bodies
    assert sent[-1]["voice_settings"] == asked
    assert performance.started.ignored == ()


@pytest.mark.parametrize("told", [True, False], ids=["tag told of", "tag not told of"])
async def test_a_model_of_the_third_generation_is_told_a_feeling_by_a_tag(
    server: ElevenLabsServer, *, told: bool
) -> None:
    server.tags_aligned = told
    job = Job(TEXT, RACHEL, emotion="sad", emotion_intensity=1.0, previous_text="It is")
    async with _loaded(server, model="eleven_v3") as engine:
        performance = await perform(engine, job)
    [body] = server.bodies
    assert body["text"] == f"[very sad] {TEXT}"
    assert "previous_text" not in body
    assert not server.socket_queries
    check_words(performance, TEXT)
    assert {word.quality for word in performance.words} == {TimingQuality.EXACT}
    [charge] = [event for event in performance.events if isinstance(event, Charge)]
    assert charge.characters == len(body["text"]), "tags are billed"
    assert charge.cost == charge.characters * Decimal("0.00008")


async def test_a_websocket_for_a_model_that_has_none_is_refused_with_what_to_do(
    server: ElevenLabsServer,
) -> None:
    with pytest.raises(ParlandoError, match="ELEVENLABS_TRANSPORT") as refused:
        async with _loaded(server, model="eleven_v3", transport="websocket"):
            pass
    assert refused.value.reason is Reason.NOT_SUPPORTED


async def test_a_model_of_which_nothing_is_known_has_no_feelings(server: ElevenLabsServer) -> None:
    async with _loaded(server, model="eleven_v9") as engine:
        assert engine.describe().emotions == ()


async def test_the_text_around_goes_along_over_http_and_the_cost_comes_back(server: ElevenLabsServer) -> None:
    job = Job("Late.", RACHEL, previous_text="It is", next_text="Go home.")
    async with _loaded(server, transport="http") as engine:
        performance = await perform(engine, job)
    assert (server.bodies[-1]["previous_text"], server.bodies[-1]["next_text"]) == ("It is", "Go home.")
    [charge] = [event for event in performance.events if isinstance(event, Charge)]
    assert charge == Charge(len("Late."), "USD", len("Late.") * Decimal("0.00004")), (
        "no matter how many credits"
    )


async def test_http_is_taken_where_no_websocket_can_be(server: ElevenLabsServer) -> None:
    server.refuse_sockets = 404
    async with _loaded(server) as engine:
        check_words(await perform(engine, Job(TEXT, RACHEL)), TEXT)
    assert len(server.bodies) == 1
    told = {"base_url": f"http://127.0.0.1:{server.port}", "key": "k-1", "transport": "websocket"}
    vendor = ElevenLabsVendor(ElevenLabsSettings.model_validate(told))
    with pytest.raises(WebSocketException) as refused:
        await vendor.open()
    await vendor.close()
    assert vendor.refusal(refused.value) == Refusal(Trouble.OUTAGE, "404")


@pytest.mark.parametrize("status", [400, 404, 405, 426, 500])
async def test_a_websocket_that_is_refused_later_is_done_without(
    server: ElevenLabsServer, status: int
) -> None:
    async with _loaded(server) as engine:
        server.refuse_sockets = status
        check_words(await perform(engine, Job(TEXT, ADAM)), TEXT)
        assert [body["voice"] for body in server.bodies] == [ADAM]
        server.refuse_sockets = 0
        check_words(await perform(engine, Job(TEXT, ADAM)), TEXT)
    assert len(server.bodies) == 1
    assert [query["voice"] for query in server.socket_queries] == [RACHEL, ADAM]


@pytest.mark.parametrize(
    ("status", "transport", "reason"),
    [
        (401, "auto", Reason.ENGINE_KEY_REFUSED),
        (402, "auto", Reason.QUOTA_SPENT),
        (404, "websocket", Reason.ENGINE_FAILED),  # which has another engine asked
    ],
)
async def test_a_websocket_that_is_refused_later_is_told_where_http_would_not_do(
    server: ElevenLabsServer, status: int, transport: str, reason: Reason
) -> None:
    async with _loaded(server, transport=transport) as engine:
        server.refuse_sockets = status
        with pytest.raises(ParlandoError) as refused:
            await perform(engine, Job(TEXT, ADAM))
    assert refused.value.reason is reason
    assert not server.bodies


async def test_a_key_that_is_refused_is_not_tried_another_way(server: ElevenLabsServer) -> None:
    server.refuse_sockets = 401
    with pytest.raises(ParlandoError) as refused:
        async with _loaded(server):
            pass
    assert refused.value.reason is Reason.ENGINE_KEY_REFUSED


@pytest.mark.parametrize("output_format", ["ulaw_8000", "pcm_16000"])
async def test_other_formats_are_heard_at_their_rate(server: ElevenLabsServer, output_format: str) -> None:
    async with _loaded(server, output_format=output_format, transport="http") as engine:
        performance = await perform(engine, Job("Late.", RACHEL))
    rate = int(output_format.partition("_")[2])
    assert performance.started.sample_rate_hz == rate
    if output_format.startswith("pcm"):
        assert performance.pcm == speech("Late.", rate)


async def test_voices_are_listed_with_what_is_known_of_them(server: ElevenLabsServer) -> None:
    async with _loaded(server) as engine:
        rachel = engine.find_voice("rachel")
        adam = engine.find_voice("Adam")
    assert rachel is not None
    assert (rachel.id, rachel.gender, rachel.languages) == (RACHEL, Gender.FEMALE, ("en", "de-DE"))
    assert adam is not None
    assert adam.cloned


@pytest.mark.parametrize(
    ("name", "value"), [("stability", "2"), ("style", "much"), ("use_speaker_boost", "1")]
)
async def test_options_that_cannot_be_read_are_named(server: ElevenLabsServer, name: str, value: str) -> None:
    async with _loaded(server) as engine:
        with pytest.raises(ParlandoError) as refused:
            await perform(engine, Job("Late.", RACHEL, options={name: value}))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{name}")
    assert server.asked == 0


async def test_without_a_key_nothing_is_asked(server: ElevenLabsServer) -> None:
    with pytest.raises(ParlandoError) as refused:
        async with _loaded(server, key=""):
            pass
    assert refused.value.reason is Reason.ENGINE_KEY_REFUSED
