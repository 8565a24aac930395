"""Voices, and mixtures of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.voices import VoiceBook, spelling_language
from parlando_synth.cloned_voice import VoiceChange
from parlando_synth.mix_folder import MixFolder
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.voice import Gender


@pytest.fixture
def book(folder: Path, tmp_path: Path) -> VoiceBook:
    return VoiceBook(folder / "voices.bin", tmp_path / "mixes")


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
        ("af_heart(999.9999)+am_adam(0)", "af_heart(999.9999)+am_adam(0)", 0.3),
        ("am_adam(0.0001)+bf_emma(0.0001)", "am_adam(0.0001)+bf_emma(0.0001)", -0.1),
        ("+af_heart(100)", "af_heart(100)", 0.3),
    ],
)
def test_voices_can_be_mixed(book: VoiceBook, name: str, known: str, pitch: float) -> None:
    voice = book.find(name)
    assert voice is not None
    assert voice.id == known
    style = book.style(voice, 20)
    assert style.shape == (1, 256)
    assert np.allclose(style, pitch, atol=1e-6)
    assert book.find(voice.id) == voice


def test_a_mixture_is_made_once(book: VoiceBook) -> None:
    voice = book.find("af_heart(2)+am_adam(1)")
    assert voice is not None
    first, again = (book.style(voice, 20) for _ in range(2))
    assert np.shares_memory(first, again)


@pytest.mark.parametrize(
    "name",
    [
        *("", "nobody", "af_heart+", "af_heart+nobody", "af_heart(x)", "af_heart(1)-am_adam(1)"),
        *("af_heart(0)", "-af_heart", "af_heart(1)+" * 100 + "af_heart"),
        *("af_heart(1000)", "af_heart(1000000)", "af_heart(0.00001)", "af_heart(1e3)"),
        "+".join(["af_heart"] * 24),  # 215 characters, and 287 with its weights
    ],
)
def test_what_is_no_mixture_is_not_found(book: VoiceBook, name: str) -> None:
    assert book.find(name) is None


@pytest.mark.parametrize("symbols", [0, 1, 510, 9_999])
def test_every_length_has_a_style(book: VoiceBook, symbols: int) -> None:
    heart = book.find("af_heart")
    assert heart is not None
    assert book.style(heart, symbols).shape == (1, 256)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no archive at all"])
def test_a_file_without_voices_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "voices.bin"
    path.write_bytes(content)
    with pytest.raises(ParlandoError) as refused:
        VoiceBook(path, tmp_path)
    assert refused.value.reason is Reason.ENGINE_FAILED
    with pytest.raises(ParlandoError) as missing:
        VoiceBook(tmp_path / "none.bin", tmp_path)
    assert missing.value.reason is Reason.MODEL_NOT_FOUND
    assert "parlando models fetch kokoro" in missing.value.message


def test_a_kept_mixture_is_a_voice_of_its_own(book: VoiceBook, folder: Path, tmp_path: Path) -> None:
    mix = VoiceMix("af_heart(2) + am_adam", "Warm duo", "for the evening")
    kept = book.mix(mix)
    assert kept.id.startswith("warm-duo-")
    assert (kept.name, kept.mix, kept.languages) == ("Warm duo", "af_heart(2)+am_adam(1)", ("en-US",))
    assert (kept.cloned, kept.gender, kept.description) == (False, Gender.NEUTRAL, "for the evening")
    assert book.mix(mix) == kept
    other = VoiceBook(folder / "voices.bin", tmp_path / "mixes")
    assert [voice.id for voice in other.voices] == ["af_heart", "am_adam", "bf_emma", "ff_siwis", kept.id]
    assert other.find(kept.id) == kept
    mixed = book.find("af_heart(2)+am_adam(1)")
    assert mixed is not None
    assert np.array_equal(book.style(kept, 20), book.style(mixed, 20))
    renamed = other.change(kept.id, VoiceChange(name="Warm pair"))
    assert book.find(kept.id) == renamed
    assert (renamed.name, renamed.revision) == ("Warm pair", kept.revision)
    book.remove(kept.id)
    assert other.find(kept.id) is None
    assert book.style(kept, 20).shape == (1, 256)  # who speaks with it may finish


@pytest.mark.parametrize(
    ("mix", "reason", "field"),
    [
        (VoiceMix("", "Duo"), Reason.FIELD_REQUIRED, "mix"),
        (VoiceMix("af_heart+nobody", "Duo"), Reason.VOICE_NOT_FOUND, "mix"),
        (VoiceMix("af_heart+am_adam", ""), Reason.FIELD_REQUIRED, "name"),
        (VoiceMix("af_heart+am_adam", "Duo", id="Duo!"), Reason.OUT_OF_RANGE, "id"),
        (VoiceMix("af_heart(1)+" * 100 + "af_heart", "Duo"), Reason.OUT_OF_RANGE, "mix"),
    ],
)
def test_what_cannot_be_kept_is_told_by_field(
    book: VoiceBook, mix: VoiceMix, reason: Reason, field: str
) -> None:
    with pytest.raises(ParlandoError) as refused:
        book.mix(mix)
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_an_id_stands_for_one_mixture_and_for_no_voice_of_the_engine(book: VoiceBook) -> None:
    book.mix(VoiceMix("af_heart+am_adam", "Duo", id="duo"))
    with pytest.raises(ParlandoError) as taken:
        book.mix(VoiceMix("af_heart(2)+am_adam", "Duo", id="duo"))
    assert (taken.value.reason, taken.value.field) == (Reason.ID_IN_USE, "id")
    for own in ("af_heart", "am_adam"):
        with pytest.raises(ParlandoError) as refused:
            book.remove(own)
        assert refused.value.reason is Reason.NOT_SUPPORTED
    with pytest.raises(ParlandoError) as unsaid:
        book.change("duo", VoiceChange(licence="MIT"))
    assert (unsaid.value.reason, unsaid.value.field) == (Reason.NOT_SUPPORTED, "licence")


def test_a_mixture_of_voices_that_are_not_here_is_left_out(book: VoiceBook, tmp_path: Path) -> None:
    MixFolder(tmp_path / "mixes", frozenset()).add(VoiceMix("zf_other(1)+af_heart(1)", "Other", id="other"))
    assert book.find("other") is None
