"""Voices, and mixtures of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.voices import VoiceBook, spelling_language
from parlando_synth.voice import Gender


@pytest.fixture
def book(folder: Path) -> VoiceBook:
    return VoiceBook(folder / "voices.bin")


def test_ids_say_what_a_voice_is(book: VoiceBook) -> None:
    assert [voice.id for voice in book.voices] == ["af_heart", "am_adam", "bf_emma", "ff_siwis"]
    adam = book.find("am_adam")
    assert adam is not None
    assert (adam.name, adam.languages, adam.gender) == ("Adam", ("en-US",), Gender.MALE)
    assert [spelling_language(voice) for voice in book.voices] == ["en-us", "en-us", "en-gb", "fr-fr"]


@pytest.mark.parametrize(
    ("name", "known", "pitch"),
    [
        ("af_heart(2)+am_adam(1)", "af_heart(2)+am_adam(1)", (2 * 0.3 - 0.4) / 3),
        ("af_heart + bf_emma", "af_heart(1)+bf_emma(1)", 0.25),
        ("af_heart(3) - am_adam(1)", "af_heart(3)-am_adam(1)", (3 * 0.3 + 0.4) / 2),
        ("AF_HEART", "af_heart", 0.3),
    ],
)
def test_voices_can_be_mixed(book: VoiceBook, name: str, known: str, pitch: float) -> None:
    voice = book.find(name)
    assert voice is not None
    assert voice.id == known
    style = book.style(voice.id, 20)
    assert style.shape == (1, 256)
    assert np.allclose(style, pitch, atol=1e-6)
    assert book.find(voice.id) == voice


@pytest.mark.parametrize(
    "name",
    [
        *("", "nobody", "af_heart+", "af_heart+nobody", "af_heart(x)", "af_heart(1)-am_adam(1)"),
        *("af_heart(0)", "-af_heart", "af_heart(1)+" * 100 + "af_heart"),
    ],
)
def test_what_is_no_mixture_is_not_found(book: VoiceBook, name: str) -> None:
    assert book.find(name) is None


@pytest.mark.parametrize("symbols", [0, 1, 510, 9_999])
def test_every_length_has_a_style(book: VoiceBook, symbols: int) -> None:
    assert book.style("af_heart", symbols).shape == (1, 256)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no archive at all"])
def test_a_file_without_voices_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "voices.bin"
    path.write_bytes(content)
    with pytest.raises(ParlandoError) as refused:
        VoiceBook(path)
    assert refused.value.reason is Reason.ENGINE_FAILED
    with pytest.raises(ParlandoError) as missing:
        VoiceBook(tmp_path / "none.bin")
    assert missing.value.reason is Reason.MODEL_NOT_FOUND
    assert "parlando models fetch kokoro" in missing.value.message
