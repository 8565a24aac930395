"""Each server is asked in its own words, and what it reports is passed on."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
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
from parlando_synth.contract import HUNG
from parlando_synth.engine import Engine
from parlando_synth.events import Audio, Charge, EngineEvent, Started
from parlando_synth.job import Job
from parlando_synth.remote.service import Fault
from parlando_synth.remote.service import speech as made
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Gender

TEXT = "Seven grey lamps were lit."
CLIP = "data:audio/ogg;base64," + base64.b64encode(b"OggS" + bytes(2_000)).decode()
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


@pytest.mark.parametrize(
    ("kind", "name", "value", "why"),
    [
        (VLLM_OMNI, "max_new_tokens", "many", "a whole number"),
        (VLLM_OMNI, "max_new_tokens", "0", "1 to 1000000"),
        (VLLM_OMNI, "max_new_tokens", "1_000", "a whole number"),
        (VLLM_OMNI, "max_new_tokens", "9" * 4_000, "a whole number"),
        (VLLM_OMNI, "task_type", "base", "one of CustomVoice, VoiceDesign, Base"),
        (VLLM_OMNI, "x_vector_only_mode", "1", "true or false"),
        (VLLM_OMNI, "ref_text", "  ", "a text"),
        (VLLM_OMNI, "extra_params", "[1]", "a JSON object"),
        (VLLM_OMNI, "extra_params", '{"scale": 1', "a JSON object"),
        (VLLM_OMNI, "extra_params", "[" * 4_000, "a JSON object"),
        (VLLM_OMNI, "extra_params", '{"scale": {"deep": 1}}', "a JSON object"),
        (VLLM_OMNI, "extra_params", '{"scale": NaN}', "a JSON object"),
        (VLLM_OMNI, "extra_params", '{"scale": 1e999}', "a JSON object"),
        (VLLM_OMNI, "extra_params", '{"scale": null}', "a JSON object"),
        (VLLM_OMNI, "extra_params", json.dumps({f"n{n}": n for n in range(33)}), "at most 32"),
        (VLLM_OMNI, "extra_params", json.dumps({"mood": "a" * 1_001}), "at most 1000 characters"),
        (KOKORO, "lang_code", "en", "one of a, b,"),
        (KOKORO, "normalization_options", '{"normalize": 1}', "true or false"),
        (KOKORO, "normalization_options", '{"shout": true}', "true or false"),
        (LOCALAI, "backend", "../../bin/sh", "one word"),
        (LOCALAI, "params", '{"a b": 1}', "names of at most 64"),
    ],
)
async def test_an_option_that_cannot_be_read_is_named(
    server: SpeechServer, kind: Kind, name: str, value: str, why: str
) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, kind) as engine:
        with pytest.raises(ParlandoError) as refused:
            await _spoken(engine, options={name: value})
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{name}")
    assert refused.value.message.startswith(f"engine_options.{name}: ")
    assert why in refused.value.message
    assert server.asked == 0


@pytest.mark.parametrize(
    "clip",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://example.com/voice.wav",
        "file:///etc/passwd",
        "/etc/passwd",
        "data:audio/wav;base64,aHR0cDovLzEyNy4wLjAuMS8=",  # text in place of sound
        "data:text/plain;base64,UklGRg==",
        "data:audio/wav;base64,UklGRg=",
        "data:audio/wav;base64,",
        CLIP + "\nhttp://example.com",
        CLIP + "==",
    ],
)
async def test_a_clip_is_the_clip_itself_and_no_address(server: SpeechServer, clip: str) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, VLLM_OMNI, clips=True) as engine:
        with pytest.raises(ParlandoError, match="no address") as refused:
            await _spoken(engine, options={"ref_audio": clip})
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "engine_options.ref_audio")
    assert server.asked == 0


async def test_clips_are_taken_only_where_somebody_answers_for_them(server: SpeechServer) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, VLLM_OMNI) as engine:
        with pytest.raises(ParlandoError, match="VLLM_OMNI_CLIPS") as refused:
            await _spoken(engine, options={"ref_audio": CLIP})
    assert (refused.value.reason, refused.value.field) == (Reason.NOT_SUPPORTED, "engine_options.ref_audio")
    assert server.asked == 0


@pytest.mark.parametrize(("kind", "option"), [(LOCALAI, "params"), (VLLM_OMNI, "extra_params")])
@pytest.mark.parametrize(
    "parameters",
    [
        {"style": "http://169.254.169.254/"},
        {"style": "file:///etc/passwd"},
        {"style": "../secret"},
        {"style": "C:\\secret"},
        {"style": "a\nb"},
        {"audio_prompt_path": "clip"},
        {"ref_audio": "clip"},
        {"prompt_wav": "clip"},
    ],
    ids=repr,
)
async def test_a_models_parameter_leads_to_no_address_and_no_file(
    server: SpeechServer, kind: Kind, option: str, parameters: dict[str, str]
) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, kind) as engine:
        with pytest.raises(ParlandoError) as refused:
            await _spoken(engine, options={option: json.dumps(parameters)})
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{option}")
    assert server.asked == 0


# How sound travels


@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "aac", "flac"])
@pytest.mark.parametrize("kind", [OPENAI, KOKORO, SPEACHES], ids=lambda kind: kind[0].name)
async def test_sound_is_decoded_as_it_comes(server: SpeechServer, kind: Kind, form: str) -> None:
    server.voices = ["af_heart"]
    text = TEXT * 6
    async with _loaded(server, kind, format=form) as engine:
        server.fault = Fault.HANG_MIDDLE if form != "flac" else Fault.NONE  # FLAC is held back for a second
        stop, early = StopFlag(), list[EngineEvent]()
        async for event in engine.synthesize(Job(text, engine.describe().default_voice), stop):
            early.append(event)
            if isinstance(event, Audio):
                stop.set()
        assert any(isinstance(event, Audio) for event in early), "before the last of it was made"
        server.fault = Fault.NONE
        events = await _spoken(engine, text=text)
    assert server.body["response_format"] == form
    (started,) = [event for event in events if isinstance(event, Started)]
    rate = 48_000 if form == "opus" else 24_000
    assert started.sample_rate_hz == rate
    heard = np.frombuffer(b"".join(event.pcm for event in events if isinstance(event, Audio)), "<i2")
    expected = len(made(text, rate)) // 2
    assert expected <= len(heard) <= expected + rate // 10, "all of it, and a little silence of the encoder's"
    assert np.abs(np.fft.rfft(heard.astype(float))).argmax() == pytest.approx(200 * len(heard) / rate, abs=4)


@pytest.mark.parametrize(
    ("kind", "form", "streamed"),
    [(LOCALAI, "wav", True), (LOCALAI, "pcm", False), (LOCALAI, "mp3", False), (VLLM_OMNI, "wav", True),
        (VLLM_OMNI, "flac", False)],
)  # fmt: skip
async def test_what_a_server_does_not_stream_is_not_said_to_be_streamed(
    server: SpeechServer, kind: Kind, form: str, *, streamed: bool
) -> None:
    server.voices = ["vivian"]
    async with _loaded(server, kind, format=form) as engine:
        assert engine.describe().streams is streamed
        await _spoken(engine)
    assert (server.body["response_format"], server.body["stream"]) == (form, streamed)
    assert ("stream_format" in server.body) is (streamed and kind is VLLM_OMNI)


@pytest.mark.parametrize("form", ["mp3", "opus", "aac", "flac"])
async def test_sound_of_another_format_is_an_outage(server: SpeechServer, form: str) -> None:
    server.voices, server.fault = ["af_heart"], Fault.GARBAGE
    async with _loaded(server, KOKORO, format=form) as engine:
        with pytest.raises(ParlandoError) as failed:
            await _spoken(engine)
    assert failed.value.reason is Reason.ENGINE_FAILED


@pytest.mark.parametrize("form", ["mp3", "aac", "flac"])
async def test_a_rate_that_the_sound_itself_states_is_checked(server: SpeechServer, form: str) -> None:
    server.voices = ["af_heart"]
    async with _loaded(server, KOKORO, format=form, sample_rate_hz=16_000) as engine:
        with pytest.raises(ParlandoError, match="24000 Hz") as failed:
            await _spoken(engine)
    assert failed.value.reason is Reason.ENGINE_FAILED


async def test_more_streams_are_decoded_at_once_than_there_are_cores(server: SpeechServer) -> None:
    server.voices = ["af_heart"]
    async with _loaded(server, KOKORO, format="mp3", live=64) as engine:
        spoken = await asyncio.gather(*(_spoken(engine) for _ in range(40)))
    lengths = {sum(len(event.pcm) for event in events if isinstance(event, Audio)) for events in spoken}
    assert len(lengths) == 1
    async with asyncio.timeout(HUNG):  # for the threads to end, which nobody waits for
        while any(thread.name.startswith("decoder") for thread in threading.enumerate()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)


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


async def test_speaches_is_asked_for_the_voices_of_its_model(server: SpeechServer) -> None:
    server.voices = [{"name": "af_heart", "id": "af_heart"}, {"name": "amy", "id": "amy"}]  # of all models
    server.models = {
        "speaches-ai/piper-en_US-amy-low": [{"name": "amy", "language": "en_US", "id": "amy"}],
        profiles.SPEACHES.model: [
            {"name": "bm_george", "language": "en-gb", "gender": "male", "id": "bm_george"}
        ],
    }
    async with _loaded(server, SPEACHES) as engine:
        assert [voice.id for voice in engine.voices()] == ["bm_george"]
    async with _loaded(server, SPEACHES, model="speaches-ai/piper-en_US-amy-low") as engine:
        assert [(voice.id, voice.languages) for voice in engine.voices()] == [("amy", ("en-US",))]
    async with _loaded(server, SPEACHES, model="speaches-ai/other") as engine:
        assert [voice.id for voice in engine.voices()] == ["af_heart", "amy"]


async def test_speaches_before_its_lists_of_models_is_asked_as_it_was_then(server: SpeechServer) -> None:
    server.older = [
        {
            "model_id": model,
            "voice_id": voice,
            "id": f"{model}/{voice}",
            "object": "voice",
            "sample_rate": 24_000,
        }
        for model, voice in (("hexgrad/Kokoro-82M", "af_sky"), ("rhasspy/piper-voices", "en_US-amy-medium"))
    ]
    async with _loaded(server, SPEACHES, model="hexgrad/Kokoro-82M") as engine:
        assert [voice.id for voice in engine.voices()] == ["af_sky"]


async def test_localai_is_asked_for_the_voices_of_its_model(server: SpeechServer) -> None:
    server.models = {
        "pocket-tts": [{"name": "estelle", "language": "fr", "gender": "female"}, {"name": "alba"}],
        "bark": [{"name": "other"}],
        "bare": [],
    }
    async with _loaded(server, LOCALAI, model="pocket-tts") as engine:
        alba, estelle = engine.voices()
        assert (alba.id, alba.languages) == ("alba", ("en",))
        assert (estelle.id, estelle.languages, estelle.gender) == ("estelle", ("fr",), Gender.FEMALE)
        await _spoken(engine, voice="estelle")
        assert server.body["voice"] == "estelle"
    for model in ("bare", "unknown"):  # of neither is any voice known by name
        async with _loaded(server, LOCALAI, model=model) as engine:
            assert [voice.id for voice in engine.voices()] == [model]
            await _spoken(engine)
            assert server.body["voice"] == "", "the model's own, as its configuration says"


async def test_a_voice_by_no_name_stays_when_others_get_names(server: SpeechServer) -> None:
    server.models = {"bare": []}
    async with _loaded(server, LOCALAI, model="bare", voices_seconds=0.01) as engine:
        server.models = {"bare": [{"name": "alba"}]}
        async with asyncio.timeout(HUNG):
            while engine.find_voice("alba") is None:  # noqa: ASYNC110  # the list is asked for beside us
                await asyncio.sleep(0.002)
        assert engine.describe().default_voice == "bare"
        await _spoken(engine)
        assert server.body["voice"] == ""


async def test_voices_that_were_uploaded_to_vllm_omni_are_cloned_ones(server: SpeechServer) -> None:
    server.voices = ["ada", "vivian"]
    about = {"name": "Ada", "consent": "form-7", "created_at": 1_790, "speaker_description": "Warm."}
    server.uploaded = [about]
    async with _loaded(server, VLLM_OMNI) as engine:
        ada, vivian = engine.voices()
        first = await engine.voices_revision()
    assert (ada.id, ada.cloned, ada.consent_note, ada.description) == ("ada", True, "form-7", "Warm.")
    assert not vivian.cloned
    server.uploaded = [about | {"created_at": 1_791}]  # another clip by the same name
    async with _loaded(server, VLLM_OMNI) as engine:
        assert await engine.voices_revision() != first


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
