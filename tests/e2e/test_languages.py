"""A text in several languages, none of which is stated, spoken by espeak-ng."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from tests.e2e.conftest import System

_TEXT = "Guten Morgen. Good morning. こんにちは。 I like नमस्ते better."


def _heard(system: System, settings: speech_pb2.SpeechSettings) -> tuple[list[str], list[str]]:
    """Return the languages of the fragments, and the voices in the order in which they began."""
    languages: list[str] = []
    voices: list[str] = []
    with grpc.insecure_channel(system.router) as channel:
        request = speech_pb2.SayRequest(text=_TEXT, settings=settings)
        for response in SpeechServiceStub(channel).Say(request, timeout=30):
            for event in response.events:
                if event.HasField("fragment"):
                    languages.append(event.fragment.language)
                if event.HasField("started"):
                    voices.append(event.started.voice)
                    assert list(event.started.ignored) == []
                if event.HasField("engine_changed"):
                    voices.append(event.engine_changed.voice)
    return languages, voices


@pytest.mark.parametrize("voice", ["", "gmw/en-US"])
def test_each_fragment_is_spoken_by_a_voice_of_its_language(
    start_system: Callable[..., System], voice: str
) -> None:
    system = start_system(FRAGMENTER_GUESS_LANGUAGE="model")
    languages, voices = _heard(system, speech_pb2.SpeechSettings(voice=voice))
    assert languages == ["de", "en", "ja", "en", "hi", "en"]
    usual = ["gmw/de", "gmw/en-US", "jpx/ja", "gmw/en-US", "inc/hi", "gmw/en-US"]
    assert voices == ([voice] if voice else usual)


def test_a_stated_language_holds(system: System) -> None:
    languages, voices = _heard(system, speech_pb2.SpeechSettings(language="en-US"))
    assert set(languages) == {"en-US"}
    assert voices == ["gmw/en-US"]
