"""The voices that a server lists, in whichever form, and those that settings name."""

from __future__ import annotations

import asyncio

import pytest
from asking import KOKORO, LOCALAI, OPENAI, SPEACHES, VLLM_OMNI, loaded, spoken
from speech_server import SpeechServer

from parlando_kit.errors import ParlandoError
from parlando_openai import profiles
from parlando_synth.contract import HUNG
from parlando_synth.voice import Gender


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
    async with loaded(server, KOKORO) as engine:
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
    async with loaded(server, SPEACHES) as engine:
        assert [voice.id for voice in engine.voices()] == ["bm_george"]
    async with loaded(server, SPEACHES, model="speaches-ai/piper-en_US-amy-low") as engine:
        assert [(voice.id, voice.languages) for voice in engine.voices()] == [("amy", ("en-US",))]
    async with loaded(server, SPEACHES, model="speaches-ai/other") as engine:
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
    async with loaded(server, SPEACHES, model="hexgrad/Kokoro-82M") as engine:
        assert [voice.id for voice in engine.voices()] == ["af_sky"]


async def test_localai_is_asked_for_the_voices_of_its_model(server: SpeechServer) -> None:
    server.models = {
        "pocket-tts": [{"name": "estelle", "language": "fr", "gender": "female"}, {"name": "alba"}],
        "bark": [{"name": "other"}],
        "bare": [],
    }
    async with loaded(server, LOCALAI, model="pocket-tts") as engine:
        alba, estelle = engine.voices()
        assert (alba.id, alba.languages) == ("alba", ("en",))
        assert (estelle.id, estelle.languages, estelle.gender) == ("estelle", ("fr",), Gender.FEMALE)
        await spoken(engine, voice="estelle")
        assert server.body["voice"] == "estelle"
    for model in ("bare", "unknown"):  # of neither is any voice known by name
        async with loaded(server, LOCALAI, model=model) as engine:
            assert [voice.id for voice in engine.voices()] == [model]
            await spoken(engine)
            assert server.body["voice"] == "", "the model's own, as its configuration says"


async def test_a_voice_by_no_name_stays_when_others_get_names(server: SpeechServer) -> None:
    server.models = {"bare": []}
    async with loaded(server, LOCALAI, model="bare", voices_seconds=0.01) as engine:
        server.models = {"bare": [{"name": "alba"}]}
        async with asyncio.timeout(HUNG):
            while engine.find_voice("alba") is None:  # noqa: ASYNC110  # the list is asked for beside us
                await asyncio.sleep(0.002)
        assert engine.describe().default_voice == "bare"
        await spoken(engine)
        assert server.body["voice"] == ""


async def test_voices_that_were_uploaded_to_vllm_omni_are_cloned_ones(server: SpeechServer) -> None:
    server.voices = ["ada", "vivian"]
    about = {"name": "Ada", "consent": "form-7", "created_at": 1_790, "speaker_description": "Warm."}
    server.uploaded = [about]
    async with loaded(server, VLLM_OMNI) as engine:
        ada, vivian = engine.voices()
        first = await engine.voices_revision()
    assert (ada.id, ada.cloned, ada.consent_note, ada.description) == ("ada", True, "form-7", "Warm.")
    assert not vivian.cloned
    server.uploaded = [about | {"created_at": 1_791}]  # another clip by the same name
    async with loaded(server, VLLM_OMNI) as engine:
        assert await engine.voices_revision() != first


@pytest.mark.parametrize("listed", [[], "none", {"a": 1}, [None, 3, {}], None])
async def test_a_server_without_voices_is_said_to_have_none(server: SpeechServer, listed: object) -> None:
    server.voices = listed
    with pytest.raises(ParlandoError, match="KOKORO_FASTAPI_VOICES"):
        async with loaded(server, KOKORO):
            pass


async def test_voices_can_be_named_by_settings(server: SpeechServer) -> None:
    async with loaded(server, LOCALAI, voices=["anna"], languages=["de", "en"]) as engine:
        (voice,) = engine.voices()
        assert (voice.id, voice.languages) == ("anna", ("de", "en"))
    async with loaded(server, OPENAI, voices=["voice_1234"], default_voice="nova") as engine:
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
    async with loaded(server, KOKORO) as engine:
        assert (engine.find_voice(name) is not None) is known
        if known:
            await spoken(engine, voice=name)
            assert server.body["voice"] == name
