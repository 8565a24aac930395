"""Utterances that go well: whole texts, growing texts, flushes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from parlando_kit.ledger import TimingQuality
from parlando_kit.spans import Span
from parlando_router import events
from parlando_router.request import SpeechSettings
from tests.unit.router.cast import description
from tests.unit.router.score import check, heard, words, written
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import RATE, Play, ScriptedWorker
from tests.unit.router.stage import Call, Stage
from tests.unit.router.virtual_time import LoopClock, run

# Words whose tones can be told apart.
TEXT = "Orange lamp stands here. Seven green steps down! There, stone knows? House garden"


def _stage(
    play: Play | None = None, fragmenter: ScriptedFragmenter | None = None
) -> tuple[Stage, ScriptedWorker]:
    worker = ScriptedWorker(play)
    return Stage({"one": worker}, fragmenter or ScriptedFragmenter()), worker


@pytest.mark.parametrize(
    "play",
    [
        Play(),
        Play(factor=0.5),
        Play(factor=3.0),  # slower than it is heard
        Play(rate=22_050),
        Play(rate=48_000, chunk=0.5),
        Play(chunk=0.001),
        Play(quality=TimingQuality.ALIGNED),
        Play(quality=TimingQuality.ESTIMATED),
    ],
    ids=str,
)
def test_a_whole_text_is_spoken_once_and_in_order(play: Play) -> None:
    async def main() -> None:
        stage, worker = _stage(play)
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        call.end()
        await call.done()
        check(call)
        assert heard(call, TEXT) == words(TEXT)
        assert [word.strip(".,!?") for word in written(call, TEXT)] == words(TEXT)
        assert call.finished.source_length == len(TEXT)
        assert call.finished.usage["one"].characters == sum(map(len, (r.text for r in worker.requests)))
        assert not worker.live
        assert worker.stops == []
        assert all(stream.closed for stream in stage.fragmenter.streams)

    run(main())


def test_what_is_told_of_a_fragment_is_what_was_cut() -> None:
    async def main() -> None:
        stage, worker = _stage()
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        call.end()
        await call.done()
        begun = [event for event in call.of(events.FragmentBegun) if isinstance(event, events.FragmentBegun)]
        assert [TEXT[each.source.start : each.source.end].strip() for each in begun] == [
            each.spoken_text for each in begun
        ]
        assert [each.source.start for each in begun[1:]] == [each.source.end for each in begun[:-1]]
        assert [each.synthesis_id for each in begun] == [each.synthesis_id for each in worker.requests]
        assert [each.ends_sentence for each in begun] == [True, True, True, False]

    run(main())


def test_each_fragment_is_told_what_was_spoken_before_it() -> None:
    async def main() -> None:
        stage, worker = _stage()
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        call.end()
        await call.done()
        texts = [request.text for request in worker.requests]
        assert [request.previous_text for request in worker.requests] == ["", *texts[:-1]]
        assert len({request.synthesis_id for request in worker.requests}) == 4

    run(main())


@pytest.mark.parametrize(
    ("asked", "known", "told"),
    [
        ("", ("happy", "sad"), "sad"),
        ("", ("happy",), ""),
        ("happy", ("happy", "sad"), "happy"),
        ("neutral", ("happy",), "neutral"),  # which it names as ignored
    ],
)
def test_a_feeling_that_a_fragment_suggests_is_for_engines_that_know_it(
    asked: str, known: tuple[str, ...], told: str
) -> None:
    async def main() -> None:
        stage, worker = _stage(fragmenter=ScriptedFragmenter(emotion="sad"))
        about = replace(description("one"), emotions=known)
        stage.engines.answered("one", about)
        call = stage.speak(SpeechSettings(emotion=asked))
        call.open(1)
        call.text(1, "A word.")
        call.end()
        await call.done()
        assert [request.emotion for request in worker.requests] == [told]

    run(main())


def test_settings_reach_the_worker_and_the_fragmenter() -> None:
    async def main() -> None:
        stage, worker = _stage()
        settings = SpeechSettings(
            voice="one:tenor",
            language="fr",
            speed=2.0,
            pitch_semitones=-2,
            volume_db=3,
            emotion="happy",
            emotion_intensity=0.7,
            seed=5,
            flush_after=0.4,
            engine_options={"key": "value"},
            disabled_rules=("money",),
        )
        call = stage.speak(settings)
        call.open(1)
        call.text(1, "Mots.")
        call.end()
        await call.done()
        [request] = worker.requests
        assert (request.voice, request.language, request.speed) == ("tenor", "fr", 2.0)
        assert (request.pitch_semitones, request.volume_db) == (-2, 3)
        assert (request.emotion, request.emotion_intensity, request.seed) == ("happy", 0.7, 5)
        assert request.engine_options == {"key": "value"}
        [stream] = stage.fragmenter.streams
        assert (stream.config.language, stream.config.flush_after, stream.config.source_offset) == (
            "fr",
            0.4,
            0,
        )
        assert stream.config.disabled_rules == ("money",)

    run(main())


def test_pauses_follow_the_speed() -> None:
    async def spoken(speed: float, text: str) -> Call:
        stage, _ = _stage(fragmenter=ScriptedFragmenter(pause=0.8))
        call = stage.speak(SpeechSettings(speed=speed))
        call.open(1)
        call.text(1, text)
        call.end()
        await call.done()
        check(call)
        return call

    async def main() -> None:
        for text, pauses in (("One. Two", 1), ("One. ... Two", 1)):  # what cannot be spoken pauses as well
            usual, fast = await spoken(1.0, text), await spoken(2.0, text)
            assert usual.seconds - fast.seconds == pytest.approx(pauses * 0.4, abs=0.01)

    run(main())


# Growing text


@pytest.mark.parametrize("every", [0.0, 0.01, 0.3])
def test_text_that_comes_by_the_character_is_spoken_as_it_comes(every: float) -> None:
    async def main() -> None:
        stage, worker = _stage()
        call = stage.speak()
        call.open(1)
        began = LoopClock().now()
        for character in TEXT:
            call.text(1, character)
            await asyncio.sleep(every)
        call.end()
        await call.done()
        check(call)
        assert heard(call, TEXT) == words(TEXT)
        assert call.finished.source_length == len(TEXT)
        first = next(sent.at for sent in call.sent if isinstance(sent.event, events.AudioSent))
        assert first - began <= (TEXT.index(".") + 1) * every + 0.1  # not before there is a sentence
        assert len(worker.requests) == 4

    run(main())


def test_the_first_sound_leaves_before_the_second_fragment_is_asked_for() -> None:
    async def main() -> None:
        stage, worker = _stage(Play(factor=0.5))
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        call.end()
        await call.until(lambda: call.frames)
        assert len(worker.requests) == 1
        assert 0.02 <= call.frames[0].sample_count / RATE <= 0.12
        await call.done()

    run(main())


def test_the_end_of_a_fragment_is_let_out_when_nothing_follows() -> None:
    async def main() -> None:
        text = "Seven green steps."
        stage, _ = _stage(Play(rate=22_050))
        whole = stage.speak()
        whole.open(1)
        whole.text(1, text)
        whole.end()
        await whole.done()
        call = stage.speak()
        call.open(1)
        call.text(1, text)
        await asyncio.sleep(1)  # nothing follows for now
        assert call.seconds == whole.seconds  # to the last sample, though the resampler holds some back
        call.text(1, " More.")
        call.end()
        await call.done()
        check(call)
        assert call.seconds > whole.seconds

    run(main())


def test_text_in_which_nothing_can_be_spoken_is_passed_over() -> None:
    async def main() -> None:
        stage, worker = _stage()
        call = stage.speak()
        call.open(1)
        call.text(1, "... !? One word. ... Two words ")
        call.end()
        await call.done()
        check(call)
        assert len(worker.requests) == 2
        assert call.finished.source_length == 31
        assert [word.source for word in call.finished.words][:1] == [Span(7, 10)]

    run(main())


@pytest.mark.parametrize("text", ["", "...", " \n "])
def test_a_text_without_a_word_ends_without_a_sound(text: str) -> None:
    async def main() -> None:
        stage, worker = _stage()
        call = stage.speak()
        call.open(1)
        call.text(1, text)
        call.end()
        await call.done()
        check(call)
        assert call.frames == []
        assert worker.requests == []
        assert call.finished.first_chunk is None

    run(main())


def test_an_engine_that_says_nothing_is_no_trouble() -> None:
    async def main() -> None:
        stage, _ = _stage(Play(character=0.0, chunk=10.0))
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        call.end()
        await call.done()
        check(call)

    run(main())


# Flushes


def test_a_flush_speaks_what_there_is_and_is_acknowledged_after_its_last_frame() -> None:
    async def main() -> None:
        stage, _ = _stage(Play(factor=0.5, rate=22_050))
        call = stage.speak()
        call.open(1)
        call.text(1, "One two three. Four bread")
        call.flush(1, 17)
        call.text(1, " pepper.")
        call.flush(1, 18)
        call.flush(1, 19)  # with nothing in between
        call.end()
        await call.done()
        check(call)
        order = [(sent.event.flush_id if isinstance(sent.event, events.Flushed) else 0) for sent in call.sent]
        assert [flush for flush in order if flush] == [17, 18, 19]
        before = replace(call, sent=call.sent[: order.index(17)])
        assert heard(before, "One two three Four bread pepper") == ["One", "two", "three", "Four", "bread"]
        # And its very last sample: what follows begins with the pause and the next fragment.
        after = replace(call, sent=call.sent[order.index(17) : order.index(18)])
        assert heard(after, "One two three Four bread pepper") == ["pepper"]
        assert after.frames[0].synthesis_id == ""

    run(main())


def test_a_flush_of_nothing_is_acknowledged() -> None:
    async def main() -> None:
        stage, _ = _stage()
        call = stage.speak()
        call.open(1)
        call.flush(1, 3)
        await call.until(lambda: call.of(events.Flushed))
        call.end()
        await call.done()
        check(call)

    run(main())


# What is told on the way


def test_progress_is_told_every_second_of_work_and_every_15_seconds_otherwise() -> None:
    async def main() -> None:
        stage, _ = _stage(Play(factor=1.0, character=0.2))
        call = stage.speak()
        call.open(1)
        call.text(1, TEXT)
        await asyncio.sleep(200)  # all is spoken, and the text goes on some day
        call.end()
        await call.done()
        check(call)
        told = [sent for sent in call.sent if isinstance(sent.event, events.Progress)]
        times = [sent.at for sent in told]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert max(gaps) <= 16
        assert sum(gap >= 15 for gap in gaps) >= 10
        done = [sent.event.source_done for sent in told if isinstance(sent.event, events.Progress)]
        assert done == sorted(done)
        assert done[-1] <= len(TEXT)

    run(main())


def test_the_first_chunk_runs_from_the_first_text() -> None:
    async def main() -> None:
        stage, _ = _stage(Play(first=0.75, factor=0.0))
        call = stage.speak()
        call.open(1)
        await asyncio.sleep(10)
        call.text(1, "One two.")
        call.end()
        await call.done()
        assert call.finished.first_chunk == pytest.approx(0.75, abs=0.01)

    run(main())
