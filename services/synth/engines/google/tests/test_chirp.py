"""What is asked of Chirp 3 HD, and how its answers are heard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.cloud import texttospeech_v1 as v1
from google_server import GoogleServer

from parlando_google.chirp import ChirpVendor, pieces
from parlando_google.settings import ChirpSettings
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.contract import Performance, perform
from parlando_synth.job import Job
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import speech
from parlando_synth.voice import Gender

CHARON = "en-US-Chirp3-HD-Charon"


async def _spoken(server: GoogleServer, job: Job, **settings: Any) -> Performance:
    made = ChirpSettings.model_validate({"endpoint": f"http://127.0.0.1:{server.port}", **settings})
    engine = RemoteEngine(ChirpVendor(made), made)
    await engine.load()
    try:
        return await perform(engine, job)
    finally:
        await engine.close()


async def test_a_stream_has_its_config_first_and_then_the_text(server: GoogleServer) -> None:
    await _spoken(server, Job("It is late.", CHARON, speed=1.5), key="k-1")
    first, *rest = server.requests
    config = first.streaming_config
    assert (config.voice.name, config.voice.language_code) == (CHARON, "en-US")
    audio = config.streaming_audio_config
    assert (audio.audio_encoding, audio.sample_rate_hertz) == (v1.AudioEncoding.PCM, 24_000)
    assert audio.speaking_rate == 1.5
    assert [each.input.text for each in rest] == ["It is late."]
    assert server.keys == {"k-1"}
    assert server.key == "k-1"


async def test_markup_is_sent_as_markup(server: GoogleServer) -> None:
    await _spoken(server, Job("It is [pause short] late.", CHARON, options={"markup": "true"}))
    assert server.requests[1].input.markup == "It is [pause short] late."


async def test_a_pause_of_the_markup_is_no_word(server: GoogleServer) -> None:
    text = "It is[pause short]late, [pause long] Ada."
    performance = await _spoken(server, Job(text, CHARON, options={"markup": "true"}))
    assert [text[word.spoken.start : word.spoken.end] for word in performance.words] == [
        "It", "is", "late,", "Ada.",
    ]  # fmt: skip
    performance = await _spoken(server, Job("It is [pause short] late.", CHARON))
    assert len(performance.words) == 5, "without markup it is read out"
    server.mend()
    await _spoken(server, Job("[pause long]", CHARON, options={"markup": "true"}))
    assert server.asked == 0


async def test_chirp_has_pauses_and_no_feelings(server: GoogleServer) -> None:
    made = ChirpSettings.model_validate({"endpoint": f"http://127.0.0.1:{server.port}"})
    engine = RemoteEngine(ChirpVendor(made), made)
    await engine.load()
    assert engine.describe().emotions == ()  # the worker names the emotion in `ignored` then
    await engine.close()


async def test_pronunciations_are_sent_with_the_config(server: GoogleServer) -> None:
    options = {"pronunciations": json.dumps({"Worcester": "ˈwʊstər"}), "phonetic_encoding": "ipa"}
    await _spoken(server, Job("To Worcester.", CHARON, options=options))
    [said] = server.requests[0].streaming_config.custom_pronunciations.pronunciations
    assert (said.phrase, said.pronunciation) == ("Worcester", "ˈwʊstər")
    assert said.phonetic_encoding.name == "PHONETIC_ENCODING_IPA"


@pytest.mark.parametrize(
    ("name", "value"), [("pronunciations", "[1]"), ("phonetic_encoding", "runes"), ("markup", "perhaps")]
)
async def test_options_that_cannot_be_read_are_named(server: GoogleServer, name: str, value: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        await _spoken(server, Job("Late.", CHARON, options={name: value}))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{name}")
    assert server.asked == 0


@pytest.mark.parametrize(("encoding", "most"), [("pcm", 0.0), ("mulaw", 0.02), ("alaw", 0.02)])
async def test_sound_arrives_as_it_was_made(server: GoogleServer, encoding: str, most: float) -> None:
    text = "The lamp was lit before the rain had come."
    performance = await _spoken(server, Job(text, CHARON), encoding=encoding)
    heard = np.frombuffer(performance.pcm, "<i2").astype(float)
    made = np.frombuffer(speech(text, 24_000), "<i2").astype(float)
    assert len(heard) == len(made)
    assert np.sqrt(((heard - made) ** 2).mean()) <= most * np.sqrt((made**2).mean())


async def test_opus_is_as_long_as_what_was_made(server: GoogleServer) -> None:
    text = "The lamp was lit before the rain had come."
    performance = await _spoken(server, Job(text, CHARON), encoding="ogg_opus")
    assert performance.started.sample_rate_hz == 48_000
    made = len(speech(text, 48_000)) // 2
    assert abs(performance.samples - made) <= 960  # the encoder fills its last 20 ms
    heard = np.frombuffer(performance.pcm, "<i2").astype(float)
    assert np.abs(np.fft.rfft(heard)).argmax() == pytest.approx(200 * len(heard) / 48_000, abs=2)


async def test_voices_are_listed_with_what_is_known_of_them(server: GoogleServer) -> None:
    settings = ChirpSettings.model_validate({"endpoint": f"http://127.0.0.1:{server.port}"})
    vendor = ChirpVendor(settings)
    await vendor.open()
    try:
        voices = {voice.id: voice for voice in vendor.voices()}
    finally:
        await vendor.close()
    assert sorted(voices) == ["de-DE-Chirp3-HD-Kore", CHARON, "en-US-Chirp3-HD-Kore"]
    assert voices["de-DE-Chirp3-HD-Kore"].languages == ("de-DE",)
    assert voices[CHARON].gender is Gender.MALE


async def test_a_cloned_voice_is_asked_for_by_its_key(server: GoogleServer, tmp_path: Path) -> None:
    path = tmp_path / "clones.json"
    clone = {"key": "clone-key-77", "language": "en-US", "name": "Ada", "consent_note": "Ada agreed."}
    path.write_text(json.dumps({"ada": clone}))
    performance = await _spoken(server, Job("It is late.", "ada"), clones=path)
    voice = server.requests[0].streaming_config.voice
    assert (voice.voice_clone.voice_cloning_key, voice.language_code) == ("clone-key-77", "en-US")
    assert not voice.name
    assert performance.started.voice == "ada"


@pytest.mark.parametrize(
    "content", ['{"ada": {"key": "clone-key-77", "language": "en-US"}}', "clone-key-77", "[]"]
)
async def test_a_file_of_clones_that_cannot_be_read_shows_no_key(
    server: GoogleServer, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "clones.json"
    path.write_text(content)
    with pytest.raises(ParlandoError) as refused:
        await _spoken(server, Job("It is late.", "ada"), clones=path)
    assert refused.value.field == "clones"
    assert "clone-key" not in str(refused.value)


def test_a_long_text_is_sent_in_pieces_that_are_the_text() -> None:
    text = "zwölf Boxkämpfer jagen " * 700
    found = list(pieces(text))
    assert "".join(found) == text
    assert all(len(piece.encode()) <= 5_000 for piece in found)
    assert all(piece.endswith(" ") for piece in found)
    assert "".join(pieces("ü" * 6_000)) == "ü" * 6_000


async def test_keys_go_nowhere_in_the_clear() -> None:
    made = ChirpSettings.model_validate({"endpoint": "http://tts.example.com", "key": "k-1"})
    with pytest.raises(ParlandoError, match="plain http"):
        await RemoteEngine(ChirpVendor(made), made).load()


async def test_a_file_of_credentials_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text("{}")
    made = ChirpSettings.model_validate({"credentials": path})
    with pytest.raises(ParlandoError) as refused:
        await RemoteEngine(ChirpVendor(made), made).load()
    assert refused.value.reason is Reason.ENGINE_KEY_REFUSED
