"""The scripted engine does what its script says, and its sound can be read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_scripted.signal import distinct, frequency, hear, said, silence, tone
from parlando_synth.events import Audio, EngineEvent, Started, Words
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag

RATE = 24_000
WORDS = distinct(["lamp", "keeper", "stairs", "light", "evening", "water", "stone", "gull", "harbour"])


def _perform(text: str, settings: ScriptedSettings | None = None, **options: str) -> list[EngineEvent]:
    events: list[EngineEvent] = []
    instance = ScriptedEngine(settings or ScriptedSettings()).open()
    job = Job(text=text, voice="alto", options=options)
    instance.synthesize(job, StopFlag(), events.append)
    return events


def _pcm(events: list[EngineEvent]) -> bytes:
    return b"".join(event.pcm for event in events if isinstance(event, Audio))


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 48_000])
def test_what_was_said_can_be_heard(rate: int) -> None:
    text = [*WORDS, *reversed(WORDS)]
    events = _perform(" ".join(text), ScriptedSettings(sample_rate_hz=rate))
    assert said(_pcm(events), rate, WORDS) == text


def test_a_word_sounds_the_same_whatever_stands_around_it() -> None:
    assert frequency('"Lamp,') == frequency("lamp")
    assert len(WORDS) > 5


def test_silence_and_scraps_are_no_words() -> None:
    assert hear(silence(1_000), RATE) == []
    assert hear(b"", RATE) == []
    assert hear(silence(10) + tone(300.0, 40, RATE), RATE) == [0.0]


def test_words_are_where_they_are_said() -> None:
    events = _perform("one, - two", word_ms="100", character_ms="0", chunk_ms="30")
    words = [word for event in events if isinstance(event, Words) for word in event.words]
    assert [(word.spoken.start, word.spoken.end) for word in words] == [(0, 4), (7, 10)]
    assert [(word.first_sample, word.sample_count) for word in words] == [(0, 2_400), (3_360, 2_400)]
    assert {word.quality for word in words} == {TimingQuality.EXACT}
    pcm = _pcm(events)
    assert len(pcm) // 2 == 2 * 2_400 + 3 * 480
    assert [len(event.pcm) // 2 for event in events if isinstance(event, Audio)][:-1] == [720] * 8


def test_options_change_one_job_and_unknown_ones_are_ignored() -> None:
    started, *rest = _perform("one two", timing="estimated", nonsense="1", no_audio="true")
    assert started == Started("alto", RATE, TimingQuality.ESTIMATED, ("engine_options.nonsense",))
    assert rest == []


@pytest.mark.parametrize(("name", "value"), [("rate", "fast"), ("chunk_ms", "0"), ("timing", "perfect")])
def test_an_option_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        _perform("one", None, **{name: value})
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{name}")


def test_failures() -> None:
    with pytest.raises(ParlandoError) as failed:
        _perform("one two", fail_after_ms="0")
    assert failed.value.reason is Reason.ENGINE_FAILED
    with pytest.raises(RuntimeError):
        _perform("one two", fail_after_ms="100", fail_with="")


def test_half_a_sample() -> None:
    first = next(event for event in _perform("one", odd_bytes="1") if isinstance(event, Audio))
    assert len(first.pcm) % 2 == 1


def test_the_log_tells_when_and_how_long_and_never_what(tmp_path: Path) -> None:
    log = tmp_path / "log"
    settings = ScriptedSettings(log=str(log))
    _perform("secret", settings)
    with pytest.raises(ParlandoError):
        _perform("other", settings, fail_after_ms="0")
    lines = [line.split() for line in log.read_text().splitlines()]
    assert [line[1:] for line in lines] == [
        ["begin", "6"],
        ["first-byte", "6"],
        ["done", "6"],
        ["begin", "5"],
        ["failed", "5"],
    ]
    times = [int(line[0]) for line in lines]
    assert times == sorted(times)
