"""Each server is asked in its own words, and what it reports is passed on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from speech_server import SpeechServer

from parlando_kit.errors import ParlandoError, Reason
from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.profiles import Profile
from parlando_openai.settings import (
    KokoroFastAPISettings,
    LocalAISettings,
    OpenAISettings,
    SpeachesSettings,
    SpeechSettings,
    VLLMOmniSettings,
)
from parlando_openai.speech import SpeechVendor
from parlando_synth.engine import Audio, Charge, Engine, EngineEvent, Job, Started, StopFlag
from parlando_synth.remote.service import speech as made
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.voice import Gender

TEXT = "Seven grey lamps were lit."
OPENAI = (profiles.OPENAI, OpenAISettings)
KOKORO = (profiles.KOKORO_FASTAPI, KokoroFastAPISettings)
SPEACHES = (profiles.SPEACHES, SpeachesSettings)
LOCALAI = (profiles.LOCALAI, LocalAISettings)
VLLM_OMNI = (profiles.VLLM_OMNI, VLLMOmniSettings)
Kind = tuple[Profile, type[SpeechSettings]]


@asynccontextmanager
async def _loaded(server: SpeechServer, kind: Kind, **settings: Any) -> AsyncIterator[Engine]:
    profile, of = kind
    url = f"http://127.0.0.1:{server.port}/v1"
    engine = speech(profile, of.model_validate({"base_url": url, "key": "sk-1", **settings}))
    await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


async def _spoken(engine: Engine, **how: Any) -> list[EngineEvent]:
    job = replace(Job(TEXT, engine.describe().default_voice), **how)
    return [event async for event in engine.synthesize(job, StopFlag())]


def _ignored(events: list[EngineEvent]) -> tuple[str, ...]:
    (started,) = [event for event in events if isinstance(event, Started)]
    return started.ignored


@pytest.mark.parametrize(
    ("kind", "settings", "how", "asked"),
    [
        (OPENAI, {}, {}, {"model": "gpt-4o-mini-tts", "voice": "marin", "stream_format": "sse"}),
        (
            OPENAI,
            {"instructions": "Like a captain."},
            {"speed": 1.5, "options": {"instructions": "Like a pirate."}},
            {"instructions": "Like a pirate.", "speed": 1.5},
        ),
        (OPENAI, {"instructions": "Like a captain."}, {}, {"instructions": "Like a captain."}),
        (KOKORO, {}, {"language": "en-GB", "volume_db": -20.0},
            {"voice": "af_heart", "lang_code": "a", "volume_multiplier": 0.1, "stream": True}),
        (KOKORO, {}, {"options": {"lang_code": "b"}}, {"lang_code": "b"}),
        (SPEACHES, {"sample_rate_hz": 16_000}, {}, {"sample_rate": 16_000, "stream_format": "audio"}),
        (LOCALAI, {"model": "voxcpm"}, {"language": "de", "options": {"backend": "voxcpm"}},
            {"model": "voxcpm", "stream": True, "language": "de", "backend": "voxcpm"}),
        (VLLM_OMNI, {}, {"language": "ja-JP", "seed": 7, "options": {"max_new_tokens": "900"}},
            {"language": "Japanese", "seed": 7, "max_new_tokens": 900, "stream_format": "audio"}),
    ],
)  # fmt: skip
async def test_a_server_is_asked_in_its_own_words(
    server: SpeechServer, kind: Kind, settings: dict[str, Any], how: dict[str, Any], asked: dict[str, Any]
) -> None:
    server.voices = ["af_heart", "vivian"]
    async with _loaded(server, kind, **settings) as engine:
        assert _ignored(await _spoken(engine, **how)) == ()
    expected = {"input": TEXT, "response_format": "wav" if kind is LOCALAI else "pcm"} | asked
    assert {name: server.body.get(name) for name in expected} == expected
    assert server.key == "sk-1"


@pytest.mark.parametrize(
    "kind", [OPENAI, KOKORO, SPEACHES, LOCALAI, VLLM_OMNI], ids=lambda kind: kind[0].name
)
async def test_all_of_the_sound_comes_through_whatever_its_wrapping(server: SpeechServer, kind: Kind) -> None:
    server.voices = ["af_heart", "vivian"]
    async with _loaded(server, kind) as engine:
        events = await _spoken(engine)
    sound = b"".join(event.pcm for event in events if isinstance(event, Audio))
    assert sound == made(TEXT, 24_000)


@pytest.mark.parametrize("kind", [OPENAI, KOKORO, LOCALAI], ids=lambda kind: kind[0].name)
async def test_one_connection_is_used_again_and_again(server: SpeechServer, kind: Kind) -> None:
    server.voices = ["af_heart"]
    async with _loaded(server, kind) as engine:
        for _ in range(5):
            await _spoken(engine)
    assert len(server.connections) == 1


async def test_what_a_server_does_not_know_is_not_sent(server: SpeechServer) -> None:
    server.voices = ["af_heart", "vivian"]
    async with _loaded(server, KOKORO, instructions="Sing.") as engine:
        events = await _spoken(engine, language="sv", options={"instructions": "Sing.", "colour": "red"})
        assert _ignored(events) == ("engine_options.instructions", "engine_options.colour", "language")
    assert server.body.keys() == {"input", "model", "voice", "response_format", "stream"}


@pytest.mark.parametrize(
    ("settings", "how", "instructions"),
    [
        ({}, {"emotion": "sad", "emotion_intensity": 0.2}, "Sound slightly sad."),
        ({}, {"emotion": "happy"}, "Sound happy."),
        (
            {"instructions": "Like a captain."},
            {"emotion": "angry", "emotion_intensity": 1.0},
            "Like a captain. Sound very angry.",
        ),
        (
            {"instructions": "Like a captain."},
            {"emotion": "calm", "options": {"instructions": "Like a pirate."}},
            "Like a pirate. Sound calm.",
        ),
        ({}, {"emotion": "neutral"}, "Keep an even, neutral tone."),
        ({}, {"emotion": "sad", "emotion_intensity": 0.0}, None),
    ],
)
@pytest.mark.parametrize("kind", [OPENAI, LOCALAI, VLLM_OMNI], ids=lambda kind: kind[0].name)
async def test_a_feeling_is_a_sentence_behind_the_callers_own(
    server: SpeechServer,
    kind: Kind,
    settings: dict[str, Any],
    how: dict[str, Any],
    instructions: str | None,
) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, kind, **settings) as engine:
        assert _ignored(await _spoken(engine, **how)) == ()
    assert server.body.get("instructions") == instructions


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(OPENAI, {"model": "tts-1"}), (KOKORO, {}), (SPEACHES, {})],
    ids=["tts-1", "kokoro-fastapi", "speaches"],
)
async def test_who_takes_no_instructions_has_no_feelings(
    server: SpeechServer, kind: Kind, settings: dict[str, Any]
) -> None:
    server.voices = ["af_heart"]
    async with _loaded(server, kind, **settings) as engine:
        assert engine.describe().emotions == ()  # the worker names the emotion in `ignored` then


async def test_a_server_that_accepts_and_then_says_nothing_is_out() -> None:
    held: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"
    told = {"base_url": url, "key": "sk-1", "connect_seconds": 1.0, "first_byte_seconds": 0.1}
    vendor = SpeechVendor(profiles.OPENAI, OpenAISettings.model_validate(told))
    with pytest.raises(TimeoutError) as hung:
        await vendor.open()
    await vendor.close()
    for writer in held:
        writer.close()
    silent.close()
    await silent.wait_closed()
    assert vendor.refusal(hung.value) == Refusal(Trouble.OUTAGE)


async def test_the_older_models_take_neither_instructions_nor_events(server: SpeechServer) -> None:
    async with _loaded(server, OPENAI, model="tts-1", instructions="Sing.") as engine:
        events = await _spoken(engine, options={"instructions": "Sing."})
        assert [voice.id for voice in engine.voices()] == sorted(profiles.TTS_1_VOICES)
    assert _ignored(events) == ("engine_options.instructions",)
    assert not server.body.keys() & {"instructions", "stream_format"}
    assert not any(isinstance(event, Charge) for event in events), "they report no usage"


@pytest.mark.parametrize("value", ["many", "0"])
async def test_an_option_that_cannot_be_read_is_named(server: SpeechServer, value: str) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, VLLM_OMNI) as engine:
        with pytest.raises(ParlandoError) as refused:
            await _spoken(engine, options={"max_new_tokens": value})
    assert (refused.value.reason, refused.value.field) == (
        Reason.OUT_OF_RANGE,
        "engine_options.max_new_tokens",
    )
    assert server.asked == 0


# Voices


@pytest.mark.parametrize(
    "listed",
    [
        ["af_heart", "bm_george"],
        [{"id": "af_heart", "name": "Heart"}, {"id": "bm_george", "name": "George"}],
        [{"name": "af_heart", "language": "en-us", "gender": "female"}, {"voice_id": "bm_george"}],
    ],
)
async def test_voices_are_listed_in_any_form(server: SpeechServer, listed: object) -> None:
    server.voices = listed
    async with _loaded(server, KOKORO) as engine:
        voices = {voice.id: voice for voice in engine.voices()}
    assert voices.keys() == {"af_heart", "bm_george"}
    assert voices["af_heart"].languages == ("en-US",)
    assert voices["bm_george"].languages == ("en-GB",)
    assert (voices["af_heart"].gender, voices["bm_george"].gender) == (Gender.FEMALE, Gender.MALE)


@pytest.mark.parametrize("listed", [[], "none", {"a": 1}, [None, 3, {}], None])
async def test_a_server_without_voices_is_said_to_have_none(server: SpeechServer, listed: object) -> None:
    server.voices = listed
    with pytest.raises(ParlandoError, match="KOKORO_FASTAPI_VOICES"):
        async with _loaded(server, KOKORO):
            pass


async def test_voices_can_be_named_by_settings(server: SpeechServer) -> None:
    async with _loaded(server, LOCALAI, voices=["anna"], languages=["de", "en"]) as engine:
        (voice,) = engine.voices()
        assert (voice.id, voice.languages) == ("anna", ("de", "en"))
    async with _loaded(server, OPENAI, voices=["voice_1234"], default_voice="nova") as engine:
        assert engine.describe().default_voice == "nova"
        assert engine.find_voice("voice_1234") is not None
        assert engine.find_voice("nova") is not None


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("af_heart+bm_george", True),
        ("bm_george(2)+af_heart(0.5)", True),
        ("af_heart+nobody", False),
        ("af_heart+", False),
        ("+", False),
        ("af_heart(2", False),
    ],
)
async def test_voices_are_mixed_by_name(server: SpeechServer, name: str, *, known: bool) -> None:
    server.voices = ["af_heart", "bm_george"]
    async with _loaded(server, KOKORO) as engine:
        assert (engine.find_voice(name) is not None) is known
        if known:
            await _spoken(engine, voice=name)
            assert server.body["voice"] == name


# Where it is, and by what right


async def test_without_a_key_openai_is_not_asked() -> None:
    with pytest.raises(ParlandoError) as refused:
        await speech(profiles.OPENAI, OpenAISettings()).load()
    assert refused.value.reason is Reason.ENGINE_KEY_REFUSED
    assert "OPENAI_KEY" in refused.value.message


async def test_without_an_address_a_server_is_not_asked() -> None:
    with pytest.raises(ParlandoError, match="SPEACHES_BASE_URL is not set"):
        await speech(profiles.SPEACHES, SpeachesSettings()).load()


async def test_a_server_of_ones_own_needs_no_key(server: SpeechServer) -> None:
    server.voices = ["af_heart"]
    async with _loaded(server, KOKORO, key="") as engine:
        assert _ignored(await _spoken(engine)) == ()


# Usage


async def test_reported_usage_becomes_the_charge(server: SpeechServer) -> None:
    server.tokens = (10, 1_250)
    async with _loaded(server, OPENAI) as engine:
        (charge,) = [event for event in await _spoken(engine) if isinstance(event, Charge)]
    # $0.60 a million tokens of text, $12 a million of sound.
    assert charge == Charge(len(TEXT), "USD", Decimal("0.015006"))


async def test_reported_usage_is_near_the_estimate(server: SpeechServer) -> None:
    text = "Every evening the old keeper climbed the hundred steps to light the great lamp. " * 4
    async with _loaded(server, OPENAI) as engine:
        price = engine.describe().price
        assert price is not None
        # At this speed the server takes as long over a character as an estimate reckons.
        events = await _spoken(engine, text=text, speed=0.48)
    (charge,) = [event for event in events if isinstance(event, Charge)]
    estimate = price.per_million_characters * len(text) / 1_000_000
    assert charge.cost == pytest.approx(estimate, rel=Decimal("0.1"))


async def test_a_server_of_ones_own_costs_nothing(server: SpeechServer) -> None:
    server.voices = ["af_heart"]
    async with _loaded(server, KOKORO) as engine:
        assert engine.describe().price is None
        assert not any(isinstance(event, Charge) for event in await _spoken(engine))


# What streams may bring beside sound


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "error", "error": {"code": "insufficient_quota", "message": "no"}}, Reason.QUOTA_SPENT),
        ({"type": "error", "error": {"type": "server_error"}}, Reason.ENGINE_FAILED),
        ({"type": "error"}, Reason.ENGINE_FAILED),
        ({"type": "speech.audio.delta", "audio": "!!"}, Reason.ENGINE_FAILED),
        ({"type": "something.new"}, Reason.ENGINE_FAILED),
    ],
)
async def test_an_error_among_the_events_has_its_reason(
    server: SpeechServer, event: dict[str, object], reason: Reason
) -> None:
    server.event = event
    async with _loaded(server, OPENAI) as engine:
        with pytest.raises(ParlandoError) as failed:
            await _spoken(engine)
    assert failed.value.reason is reason


async def test_an_answer_that_is_no_sound_is_refused(server: SpeechServer) -> None:
    server.voices, server.content_type = ["af_heart"], "application/json"
    async with _loaded(server, KOKORO) as engine:
        with pytest.raises(ParlandoError) as failed:
            await _spoken(engine)
    assert failed.value.reason is Reason.NOT_SUPPORTED
