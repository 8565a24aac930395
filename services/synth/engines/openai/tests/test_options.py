"""What callers may have a server do, and what no server is told to fetch or open."""

from __future__ import annotations

import json

import pytest
from asking import CLIP, KOKORO, LOCALAI, VLLM_OMNI, Kind, loaded, spoken
from speech_server import SpeechServer

from parlando_kit.errors import ParlandoError, Reason


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
    async with loaded(server, kind) as engine:
        with pytest.raises(ParlandoError) as refused:
            await spoken(engine, options={name: value})
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
    async with loaded(server, VLLM_OMNI, clips=True) as engine:
        with pytest.raises(ParlandoError, match="no address") as refused:
            await spoken(engine, options={"ref_audio": clip})
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "engine_options.ref_audio")
    assert server.asked == 0


async def test_clips_are_taken_only_where_somebody_answers_for_them(server: SpeechServer) -> None:
    server.voices = ["vivian"]
    async with loaded(server, VLLM_OMNI) as engine:
        with pytest.raises(ParlandoError, match="VLLM_OMNI_CLIPS") as refused:
            await spoken(engine, options={"ref_audio": CLIP})
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
    async with loaded(server, kind) as engine:
        with pytest.raises(ParlandoError) as refused:
            await spoken(engine, options={option: json.dumps(parameters)})
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{option}")
    assert server.asked == 0
