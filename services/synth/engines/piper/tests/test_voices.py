"""The voices of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import write_voice

from parlando_kit.errors import ParlandoError, Reason
from parlando_piper.voices import VoiceFolder
from parlando_synth.voice import Gender


def change(path: Path, **fields: object) -> None:
    about = path.with_name(f"{path.name}.json")
    about.write_text(json.dumps(json.loads(about.read_text()) | fields))


def test_every_speaker_of_every_file_is_a_voice(folder: Path) -> None:
    found = VoiceFolder(folder)
    assert [(voice.id, voice.name, voice.languages) for voice in found.voices] == [
        ("en_GB-choir-medium#amy", "Choir (medium), amy", ("en-GB",)),
        ("en_GB-choir-medium#bob", "Choir (medium), bob", ("en-GB",)),
        ("en_GB-choir-medium#cleo", "Choir (medium), cleo", ("en-GB",)),
        ("en_US-tiny-low", "Tiny (low)", ("en-US",)),
    ]
    cleo = found.speaker("en_GB-choir-medium#cleo")
    assert cleo is not None
    assert cleo.number == 2
    choir = found.find("en_gb-choir-medium")
    assert choir is not None
    assert choir.id == "en_GB-choir-medium#amy"
    assert found.find("en_GB-choir-medium#dan") is None


def test_speakers_without_names_have_numbers(tmp_path: Path) -> None:
    change(write_voice(tmp_path, several=True), speaker_id_map={}, default_speaker_id=1)
    found = VoiceFolder(tmp_path)
    assert [voice.id for voice in found.voices] == [f"en_US-tiny-low#{number}" for number in range(3)]
    default = found.find("en_US-tiny-low")
    assert default is not None
    assert default.id == "en_US-tiny-low#1"


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (None, ""),
        ("# Model card\n\n## Dataset\n\n* URL: https://a.example/b\n* License: CC BY 4.0 \n", "CC BY 4.0"),
        ("* **Licence:** see https://a.example/licence\r\n", "see https://a.example/licence"),
        ("* License:\n* Language: en\n", ""),
        ("# Licenses\n\nThere is no license: ask\n", ""),
        ("* License: " + "x" * 1_000, "x" * 200),
        (b"\xff\n* License: CC0\n", "CC0"),
    ],
)
def test_a_voice_has_the_licence_that_its_card_states(
    tmp_path: Path, card: str | bytes | None, licence: str
) -> None:
    write_voice(tmp_path, several=True)
    if card is not None:
        content = card if isinstance(card, bytes) else card.encode()
        (tmp_path / "en_US-tiny-low.MODEL_CARD").write_bytes(content)
    assert [voice.licence for voice in VoiceFolder(tmp_path).voices] == [licence] * 3


@pytest.mark.parametrize(
    ("name", "gender"),
    [
        ("en_US-hfc_female-medium", Gender.FEMALE),
        ("en_GB-northern_english_male-medium", Gender.MALE),
        ("en_US-females-medium", Gender.UNSTATED),
        ("en_US-tiny-low", Gender.UNSTATED),
    ],
)
def test_a_voice_has_the_gender_that_its_name_states(tmp_path: Path, name: str, gender: Gender) -> None:
    write_voice(tmp_path, name)
    [voice] = VoiceFolder(tmp_path).voices
    assert voice.gender is gender


def test_speakers_may_be_told_apart_by_their_gender_alone(tmp_path: Path) -> None:
    change(write_voice(tmp_path, several=True), speaker_id_map={"M": 0, "F": 1, "X": 2})
    genders = [voice.gender for voice in VoiceFolder(tmp_path).voices]
    assert genders == [Gender.FEMALE, Gender.MALE, Gender.UNSTATED]


@pytest.mark.parametrize(
    ("name", "fields", "language"),
    [
        ("de_DE-thorsten_emotional-medium", {"language": {"code": "de_AT"}}, "de-AT"),
        ("de_DE-thorsten_emotional-medium", {"language": {}}, "de-DE"),
        ("my own voice", {"language": {}, "espeak": {"voice": "nb"}}, "nb"),
    ],
)
def test_a_voice_has_a_language(tmp_path: Path, name: str, fields: dict[str, object], language: str) -> None:
    change(
        write_voice(tmp_path, "en_US-tiny-low")
        .rename(tmp_path / f"{name}.onnx")
        .with_name("en_US-tiny-low.onnx"),
        **fields,
    )
    (tmp_path / "en_US-tiny-low.onnx.json").rename(tmp_path / f"{name}.onnx.json")
    (voice,) = VoiceFolder(tmp_path).voices
    assert (voice.id, voice.languages) == (name, (language,))


def test_what_is_not_understood_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_voice(tmp_path)
    change(write_voice(tmp_path, "zh_CN-other-low"), phoneme_type="pinyin")
    write_voice(tmp_path, "en_US-broken-low").with_name("en_US-broken-low.onnx.json").write_text("{")
    write_voice(tmp_path, "en_US-lone-low").with_name("en_US-lone-low.onnx.json").unlink()
    assert [voice.id for voice in VoiceFolder(tmp_path).voices] == ["en_US-tiny-low"]
    assert len(caplog.records) == 3


def test_a_folder_without_voices_is_refused(tmp_path: Path, folder: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ParlandoError) as refused:
            VoiceFolder(path)
        assert refused.value.reason is Reason.MODEL_NOT_FOUND
        assert "parlando models fetch piper:" in refused.value.message
    with pytest.raises(ParlandoError) as unknown:
        VoiceFolder(folder, "nobody")
    assert "PIPER_DEFAULT_VOICE" in unknown.value.message


def test_the_default_is_the_one_that_is_named_or_english(tmp_path: Path) -> None:
    write_voice(tmp_path, "de_DE-tiny-low")
    assert VoiceFolder(tmp_path).default.voice.id == "de_DE-tiny-low"
    write_voice(tmp_path, "en_US-tiny-low")
    assert VoiceFolder(tmp_path).default.voice.id == "en_US-tiny-low"
    assert VoiceFolder(tmp_path, "de_DE-tiny-low").default.voice.id == "de_DE-tiny-low"
