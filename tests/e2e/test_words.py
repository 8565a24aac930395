"""Every word of fifty texts, as the router times it over espeak-ng."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from tests.e2e.conftest import System

TEXTS = json.loads((Path(__file__).parent.parent / "data" / "texts.json").read_text())


def is_spoken(token: str, language: str) -> bool:
    """Whether a token has a letter or digit, or is an emoji, which has a name that goes unsaid in English."""
    named = language != "en"
    return any(
        unicodedata.category(character)[0] in "LN" or (named and ord(character) >= 0x1F300)
        for character in token
    )


@pytest.mark.parametrize("case", TEXTS, ids=[f"{case['language']}-{case['text'][:24]}" for case in TEXTS])
def test_every_word_has_a_source_span_and_samples(system: System, case: dict[str, str]) -> None:
    text = case["text"]
    settings = speech_pb2.SpeechSettings(language=case["language"])
    words: list[audio_pb2.WordTiming] = []
    position = 0
    with grpc.insecure_channel(system.router) as channel:
        stub = SpeechServiceStub(channel)
        for response in stub.Say(speech_pb2.SayRequest(text=text, settings=settings), timeout=30):
            for event in response.events:
                if event.HasField("audio"):
                    assert event.audio.first_sample == position
                    position += event.audio.sample_count
                    assert len(event.audio.data) == 2 * event.audio.sample_count
                elif event.HasField("words"):
                    # A word is told before any frame that lies beyond its end.
                    ends = [word.first_sample + word.sample_count for word in event.words.words]
                    assert min(ends) >= position
                    words += event.words.words
                elif event.HasField("finished"):
                    assert list(event.finished.words) == words
                    assert event.finished.sample_count == position
                    assert event.finished.source_length == len(text)

    tokens = [
        match.span() for match in re.finditer(r"\S+", text) if is_spoken(match.group(), case["language"])
    ]
    timed = [(word.source.start, word.source.end) for word in words]
    missing = [text[a:b] for a, b in tokens if not any(start < b and a < end for start, end in timed)]
    assert missing == []
    assert all(start < end for start, end in timed)
    # What is written as one and said as several words ("$5") is the source of each, and so may be shared.
    assert all(earlier[0] <= later[0] and earlier[1] <= later[1] for earlier, later in pairwise(timed))
    assert all(a.first_sample + a.sample_count <= b.first_sample for a, b in pairwise(words))
    assert all(word.sample_count > 0 for word in words)
    assert words[-1].first_sample + words[-1].sample_count <= position


def test_what_is_said_otherwise_lights_up_as_it_is_written(system: System) -> None:
    text = "It costs $12.50 today."
    heard: list[tuple[str, str]] = []
    spoken = ""
    with grpc.insecure_channel(system.router) as channel:
        request = speech_pb2.SayRequest(text=text, settings=speech_pb2.SpeechSettings(language="en"))
        for response in SpeechServiceStub(channel).Say(request, timeout=30):
            for event in response.events:
                if event.HasField("fragment"):
                    spoken = event.fragment.spoken_text
                heard += [
                    (spoken[word.spoken.start : word.spoken.end], text[word.source.start : word.source.end])
                    for word in event.words.words
                ]
    assert heard == [
        ("It", "It"),
        ("costs", "costs"),
        ("twelve", "$12.50"),
        ("dollars", "$12.50"),
        ("and", "$12.50"),
        ("fifty", "$12.50"),
        ("cents", "$12.50"),
        ("today.", "today."),
    ]
