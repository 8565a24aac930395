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


def is_spoken(token: str) -> bool:
    """Whether a token has a letter or digit, or is an emoji, which has a name."""
    return any(unicodedata.category(character)[0] in "LN" or ord(character) >= 0x1F300 for character in token)


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

    tokens = [match.span() for match in re.finditer(r"\S+", text) if is_spoken(match.group())]
    timed = [(word.source.start, word.source.end) for word in words]
    missing = [text[a:b] for a, b in tokens if not any(start < b and a < end for start, end in timed)]
    assert missing == []
    assert all(start < end for start, end in timed)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(timed))
    assert all(a.first_sample + a.sample_count <= b.first_sample for a, b in pairwise(words))
    assert all(word.sample_count > 0 for word in words)
    assert words[-1].first_sample + words[-1].sample_count <= position
