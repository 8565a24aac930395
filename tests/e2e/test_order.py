"""Sound starts before the rest is synthesised, whatever the engine's speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import grpc

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from tests.e2e.conftest import System

_RATE = 24_000
_TEXT = " ".join(["When the sun comes over the hill the first boats go out, one behind another."] * 14)


def test_first_sound_comes_before_the_second_fragment_is_synthesised(
    start_system: Callable[..., System], tmp_path: Path
) -> None:
    assert len(_TEXT.split()) >= 200
    log = tmp_path / "engine.log"
    # Twice real time; a character lasts a tenth of its usual time, so that the test does not take a minute.
    system = start_system("scripted", SCRIPTED_RATE="2", SCRIPTED_CHARACTER_MS="6", SCRIPTED_LOG=str(log))
    heard_at = 0
    sound = b""
    fragments = 0
    with grpc.insecure_channel(system.router) as channel:
        for response in SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text=_TEXT), timeout=60):
            for event in response.events:
                fragments += event.HasField("fragment")
                sound += event.audio.data
                if not heard_at and len(sound) // 2 >= _RATE * 20 // 1000:
                    heard_at = time.monotonic_ns()
    assert fragments > 5
    begins = [int(line.split()[0]) for line in log.read_text().splitlines() if "begin" in line]
    assert len(begins) == fragments
    assert heard_at < begins[1]
