"""The Python client against whole systems."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc
import pytest

from parlando.synth.v1 import synth_pb2, synth_service_pb2_grpc
from parlando_client import (
    AsyncClient,
    Audio,
    Cancelled,
    Client,
    Finished,
    SpeechError,
    Started,
    StopReport,
    Words,
)

if TYPE_CHECKING:
    from tests.e2e.conftest import System

TEXT = "Good morning, everyone! It costs $5, about five euros 🙂, and that's all."


def speaking(system: System) -> int:
    """Return how many syntheses are under way in the worker, by its own account."""
    with grpc.insecure_channel(system.synth) as channel:
        stub = synth_service_pb2_grpc.SynthServiceStub(channel)
        return stub.DescribeEngine(synth_pb2.DescribeEngineRequest()).load.live


def wait_until_idle(system: System) -> None:
    """Return once no synthesis is under way."""
    deadline = time.monotonic() + 30
    while speaking(system):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_text_is_heard_word_by_word_in_its_own_characters(system: System) -> None:
    with Client(system.router) as client:
        utterance = client.say(TEXT, sample_rate_hz=16_000)
        events = list(utterance)
        start, end = events[0], events[-1]
        assert isinstance(start, Started)
        assert (start.engine, start.format.sample_rate_hz) == ("espeak", 16_000)
        assert isinstance(end, Finished)
        audio = [event for event in events if isinstance(event, Audio)]
        assert sum(len(frame.data) for frame in audio) == 2 * end.sample_count
        assert max(memoryview(b"".join(frame.data for frame in audio)).cast("h")) > 1_000
        words = [word for event in events if isinstance(event, Words) for word in event.words]
        assert words == list(end.words)
        assert [word.text.rstrip(",!") for word in words][:3] == ["Good", "morning", "everyone"]
        assert utterance.heard(end.sample_count).text == TEXT
        third = words[2]
        heard = utterance.heard(third.first_sample)
        assert heard.text + heard.rest == TEXT
        assert heard.text == "Good morning, "


def test_leaving_early_leaves_no_work_behind(start_system: Callable[..., System]) -> None:
    system = start_system("scripted", SCRIPTED_RATE="1")
    with Client(system.router) as client:
        # A minute of speech, and none of its first fragments done before the loop is left.
        for event in client.say("One two three four five six seven eight nine ten. " * 20):
            if isinstance(event, Audio):
                assert speaking(system) > 0
                break
        wait_until_idle(system)


async def test_a_cancel_is_proven_and_the_next_text_is_spoken(start_system: Callable[..., System]) -> None:
    system = start_system("scripted", SCRIPTED_RATE="2")
    async with AsyncClient(system.router) as client, client.speak(playout="unpaced") as utterance:
        await utterance.send("One two three four five six seven eight nine ten. " * 5)
        async for event in utterance:
            if isinstance(event, Audio):
                break
        utterance.cancel()
        await utterance.send("Eleven.")
        utterance.end()
        rest = [event async for event in utterance]
    (cancelled,) = [event for event in rest if isinstance(event, Cancelled)]
    (report,) = [event for event in rest if isinstance(event, StopReport)]
    assert cancelled.epoch == report.epoch == 1
    assert report.outcome == "STOPPED"
    after = [event for event in rest if isinstance(event, Audio)]
    assert after[0].first_sample == cancelled.samples_sent
    assert {frame.epoch for frame in after} == {2}
    (word,) = [word for event in rest if isinstance(event, Words) for word in event.words]
    assert word.text.startswith("Eleven")


@pytest.mark.parametrize(
    ("how", "reason", "field"),
    [
        ({"speed": 99.0}, "OUT_OF_RANGE", "settings.prosody.speed"),
        ({"voice": "nobody"}, "VOICE_NOT_FOUND", "settings.voice"),
        ({"engine": "none"}, "ENGINE_NOT_FOUND", "settings.engine"),
    ],
)
def test_what_is_wrong_is_named(
    scripted_system: System, how: dict[str, float | str], reason: str, field: str
) -> None:
    with Client(scripted_system.router) as client:
        with pytest.raises(SpeechError) as raised:
            list(client.say("Hello.", **how))  # type: ignore[arg-type]  # one of several types by name
        assert (raised.value.reason, raised.value.field) == (reason, field)
