"""Cloned voices as they are stored."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import ClonedVoice, stored_voice, voice_id

ANNA = ClonedVoice(
    id="anna-0a1b2c3d",
    name="Anna",
    language="en-GB",
    licence="for our own announcements",
    consent_note="Anna Example signed the form of 3 May 2026",
    clip=b"RIFF....WAVE",
)


def test_a_voice_is_the_same_after_it_was_stored() -> None:
    assert stored_voice(ANNA.document()) == ANNA
    assert stored_voice(ANNA.document()).document() == ANNA.document()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", Reason.FIELD_REQUIRED),
        ("name", " \n", Reason.FIELD_REQUIRED),
        ("name", "x" * 81, Reason.OUT_OF_RANGE),
        ("name", "An\nna", Reason.OUT_OF_RANGE),
        ("language", "", Reason.FIELD_REQUIRED),
        ("language", "English, please", Reason.OUT_OF_RANGE),
        ("licence", "", Reason.FIELD_REQUIRED),
        ("consent_note", "", Reason.FIELD_REQUIRED),
        ("consent_note", "x" * 1_001, Reason.OUT_OF_RANGE),
        ("description", "x" * 1_001, Reason.OUT_OF_RANGE),
        ("id", "../anna", Reason.OUT_OF_RANGE),
        ("id", "", Reason.OUT_OF_RANGE),
    ],
)
def test_what_a_voice_may_not_be_is_named(field: str, value: str, reason: Reason) -> None:
    with pytest.raises(ParlandoError) as refused:
        ClonedVoice(**asdict(ANNA) | {field: value})
    assert (refused.value.reason, refused.value.field) == (reason, field)


@given(st.text(max_size=100), st.binary(max_size=20))
def test_an_id_can_be_made_of_any_name(name: str, clip: bytes) -> None:
    made = voice_id(name, clip)
    assert replace(ANNA, id=made).id == made
    assert made == voice_id(name, clip)
    assert made != voice_id(name, clip + b"x")


def test_an_id_can_be_read() -> None:
    assert voice_id("Anna  Example (studio)", b"").startswith("anna-example-studio-")
    assert voice_id("Анна", b"").startswith("voice-")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no JSON",
        b"[]",
        b"\xff",
        json.dumps({"form": 1}).encode(),
        ANNA.document().replace(b'"form": 1', b'"form": 2'),
        ANNA.document().replace(b'"Anna"', b'""'),
        ANNA.document().replace(b'"clip": "', b'"clip": "*'),
    ],
)
def test_what_is_no_document_is_not_taken_for_one(document: bytes) -> None:
    with pytest.raises(ValueError, match="no document of a voice"):
        stored_voice(document)
