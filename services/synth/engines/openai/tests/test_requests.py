"""Each server is asked in its own words, and what it reports is passed on."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from asking import CLIP, KOKORO, LOCALAI, OPENAI, SPEACHES, TEXT, VLLM_OMNI, Kind, ignored, loaded, spoken
from speech_server import SpeechServer

from parlando_kit.errors import ParlandoError, Reason
from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.settings import (
    OpenAISettings,
    SpeachesSettings,
)
from parlando_openai.speech import SpeechVendor
from parlando_synth.events import Audio, Charge
from parlando_synth.remote.service import speech as made
from parlando_synth.remote.trouble import Refusal, Trouble


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
        (KOKORO, {}, {"options": {"lang_code": "b"}},
            {"lang_code": "b", "normalization_options": {"normalize": False}}),
        (KOKORO, {}, {"options": {"normalization_options": '{"unit_normalization": true}'}},
            {"normalization_options": {"unit_normalization": True}}),
        (SPEACHES, {"sample_rate_hz": 16_000}, {}, {"sample_rate": 16_000, "stream_format": "audio"}),
        (LOCALAI, {"model": "voxcpm"}, {"language": "de", "options": {"backend": "voxcpm"}},
            {"model": "voxcpm", "voice": "", "stream": True, "language": "de", "backend": "voxcpm"}),
        (LOCALAI, {"model": "voxcpm", "voices": ["anna"]},
            {"speed": 1.5,
                "options": {"params": '{"cfg_weight": 0.3, "top_k": 5, "raw": true, "mode": "icl"}'}},
            {"voice": "anna", "speed": 1.5,
                "params": {"cfg_weight": "0.3", "top_k": "5", "raw": "true", "mode": "icl"}}),
        (VLLM_OMNI, {}, {"language": "ja-JP", "seed": 7, "options": {"max_new_tokens": "900"}},
            {"language": "Japanese", "seed": 7, "max_new_tokens": 900, "stream_format": "audio"}),
        (VLLM_OMNI, {"clips": True},
            {"options": {"task_type": "Base", "ref_audio": CLIP, "ref_text": "Hear me.",
                "extra_params": '{"cfg_scale": 1.5, "mood": "calm"}'}},
            {"task_type": "Base", "ref_audio": CLIP, "ref_text": "Hear me.",
                "extra_params": {"cfg_scale": 1.5, "mood": "calm"}}),
        (VLLM_OMNI, {"clips": True}, {"options": {"ref_audio": CLIP, "x_vector_only_mode": "true"}},
            {"ref_audio": CLIP, "x_vector_only_mode": True}),
    ],
)  # fmt: skip
async def test_a_server_is_asked_in_its_own_words(
    server: SpeechServer, kind: Kind, settings: dict[str, Any], how: dict[str, Any], asked: dict[str, Any]
) -> None:
    server.voices = ["af_heart", "vivian"]
    async with loaded(server, kind, **settings) as engine:
        assert ignored(await spoken(engine, **how)) == ()
    expected = {"input": TEXT, "response_format": "wav" if kind is LOCALAI else "pcm"} | asked
    assert {name: server.body.get(name) for name in expected} == expected
    assert server.key == "sk-1"


@pytest.mark.parametrize(
    "kind", [OPENAI, KOKORO, SPEACHES, LOCALAI, VLLM_OMNI], ids=lambda kind: kind[0].name
)
async def test_all_of_the_sound_comes_through_whatever_its_wrapping(server: SpeechServer, kind: Kind) -> None:
    server.voices = ["af_heart", "vivian"]
    async with loaded(server, kind) as engine:
        events = await spoken(engine)
    sound = b"".join(event.pcm for event in events if isinstance(event, Audio))
    assert sound == made(TEXT, 24_000)


@pytest.mark.parametrize("kind", [OPENAI, KOKORO, LOCALAI], ids=lambda kind: kind[0].name)
async def test_one_connection_is_used_again_and_again(server: SpeechServer, kind: Kind) -> None:
    server.voices = ["af_heart"]
    async with loaded(server, kind) as engine:
        for _ in range(5):
            await spoken(engine)
    assert len(server.connections) == 1


async def test_what_a_server_does_not_know_is_not_sent(server: SpeechServer) -> None:
    server.voices = ["af_heart", "vivian"]
    async with loaded(server, KOKORO, instructions="Sing.") as engine:
        events = await spoken(engine, language="sv", options={"instructions": "Sing.", "colour": "red"})
        assert ignored(events) == ("engine_options.instructions", "engine_options.colour", "language")
    assert server.body.keys() == {
        "input", "model", "voice", "response_format", "stream", "normalization_options",
    }  # fmt: skip


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
    async with loaded(server, kind, **settings) as engine:
        assert ignored(await spoken(engine, **how)) == ()
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
    async with loaded(server, kind, **settings) as engine:
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
    async with loaded(server, OPENAI, model="tts-1", instructions="Sing.") as engine:
        events = await spoken(engine, options={"instructions": "Sing."})
        assert [voice.id for voice in engine.voices()] == sorted(profiles.TTS_1_VOICES)
    assert ignored(events) == ("engine_options.instructions",)
    assert not server.body.keys() & {"instructions", "stream_format"}
    assert not any(isinstance(event, Charge) for event in events), "they report no usage"


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
    async with loaded(server, KOKORO, key="") as engine:
        assert ignored(await spoken(engine)) == ()


async def test_reported_usage_becomes_the_charge(server: SpeechServer) -> None:
    server.tokens = (10, 1_250)
    async with loaded(server, OPENAI) as engine:
        (charge,) = [event for event in await spoken(engine) if isinstance(event, Charge)]
    # $0.60 a million tokens of text, $12 a million of sound.
    assert charge == Charge(len(TEXT), "USD", Decimal("0.015006"))


async def test_reported_usage_is_near_the_estimate(server: SpeechServer) -> None:
    text = "Every evening the old keeper climbed the hundred steps to light the great lamp. " * 4
    async with loaded(server, OPENAI) as engine:
        price = engine.describe().price
        assert price is not None
        # At this speed the server takes as long over a character as an estimate reckons.
        events = await spoken(engine, text=text, speed=0.48)
    (charge,) = [event for event in events if isinstance(event, Charge)]
    estimate = price.per_million_characters * len(text) / 1_000_000
    assert charge.cost == pytest.approx(estimate, rel=Decimal("0.1"))


async def test_a_server_of_ones_own_costs_nothing(server: SpeechServer) -> None:
    server.voices = ["af_heart"]
    async with loaded(server, KOKORO) as engine:
        assert engine.describe().price is None
        assert not any(isinstance(event, Charge) for event in await spoken(engine))


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
    async with loaded(server, OPENAI) as engine:
        with pytest.raises(ParlandoError) as failed:
            await spoken(engine)
    assert failed.value.reason is reason


async def test_an_answer_that_is_no_sound_is_refused(server: SpeechServer) -> None:
    server.voices, server.content_type = ["af_heart"], "application/json"
    async with loaded(server, KOKORO) as engine:
        with pytest.raises(ParlandoError) as failed:
            await spoken(engine)
    assert failed.value.reason is Reason.NOT_SUPPORTED
