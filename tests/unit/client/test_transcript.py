from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.events import TimingQuality
from parlando_client.transcript import Heard, Transcript
from parlando_kit import ledger
from parlando_kit.spans import Span, SpanMap

EXACT = audio_pb2.TIMING_QUALITY_EXACT


def words(epoch: int, *timed: tuple[int, int, int, int]) -> speech_pb2.SpeechEvent:
    """Return an event with words as (start, end, first sample, samples)."""
    return speech_pb2.SpeechEvent(
        epoch=epoch,
        words=speech_pb2.SpeechWords(
            words=[
                audio_pb2.WordTiming(
                    source=audio_pb2.SourceSpan(start=start, end=end),
                    first_sample=first,
                    sample_count=count,
                    quality=EXACT,
                )
                for start, end, first, count in timed
            ]
        ),
    )


def finished() -> speech_pb2.SpeechEvent:
    return speech_pb2.SpeechEvent(epoch=1, finished=speech_pb2.SpeechFinished())


def spoken(text: str) -> Transcript:
    transcript = Transcript()
    transcript.open(1)
    transcript.append(text)
    return transcript


def test_nothing_played_is_nothing_heard() -> None:
    transcript = spoken("One two.")
    assert transcript.heard(0) == Heard("", "One two.", TimingQuality.ESTIMATED)
    transcript.read(words(1, (0, 3, 0, 100), (4, 7, 120, 100)))
    assert transcript.heard(0) == Heard("", "One two.", TimingQuality.EXACT)


def test_a_word_counts_once_half_of_it_was_played() -> None:
    transcript = spoken("One two.")
    transcript.read(words(1, (0, 3, 0, 100), (4, 7, 120, 100)))
    assert transcript.heard(49).text == ""
    assert transcript.heard(50).text == "One "
    assert transcript.heard(169).text == "One "
    assert transcript.heard(170).text == "One two"


def test_what_is_finished_and_played_is_all_heard() -> None:
    transcript = spoken("One two.")
    transcript.read(words(1, (0, 3, 0, 100), (4, 7, 120, 100)))
    transcript.read(finished())
    assert transcript.heard(10**9) == Heard("One two.", "", TimingQuality.EXACT)


def test_what_a_cancel_took_back_was_never_heard() -> None:
    transcript = spoken("One two. ")
    transcript.read(words(1, (0, 3, 0, 100), (4, 7, 120, 100)))
    cancelled = speech_pb2.SpeechCancelled(epoch=1, samples_sent=120)
    transcript.read(speech_pb2.SpeechEvent(epoch=1, cancelled=cancelled))
    transcript.open(2)
    transcript.append("Three.")
    transcript.read(words(2, (9, 14, 120, 100)))
    transcript.read(finished())
    assert transcript.heard(10**9) == Heard("One Three.", "two. ", TimingQuality.EXACT)
    assert transcript.heard(60).text == "One "


@given(
    lengths=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50), st.integers(1, 400)), min_size=1),
    played=st.integers(0, 5_000),
)
def test_the_rule_is_the_ledgers(lengths: list[tuple[int, int, int]], played: int) -> None:
    text = " ".join("x" * length for length, _, _ in lengths)
    book = ledger.Ledger()
    book.begin_fragment(0, SpanMap.identity(Span(0, len(text))), ledger.TimingQuality.EXACT)
    timed: list[tuple[int, int, int, int]] = []
    start = sample = 0
    for length, gap, count in lengths:
        timed.append((start, start + length, sample + gap, count))
        start += length + 1
        sample += gap + count
    book.add_samples(sample)
    book.add_words(
        [
            ledger.SpokenWord(Span(start, end), first, count, ledger.TimingQuality.EXACT)
            for start, end, first, count in timed
        ]
    )
    book.end_fragment()
    transcript = spoken(text)
    transcript.read(words(1, *timed))
    transcript.read(finished())
    offset = book.heard(played, len(text)).source_offset
    heard = transcript.heard(played)
    assert (heard.text, heard.rest) == (text[:offset], text[offset:])
