"""Engines that break the port's rules fail, and their callers are told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.events import Audio, Charge, EngineEvent, Progress, Started, Words
from parlando_synth.order import Begun, Finished, Output, Samples
from parlando_synth.outbox import Outbox
from parlando_synth.shelf import Shelf
from parlando_synth.take import Take

STARTED = Started("alto", 24_000, TimingQuality.EXACT, ("seed", "emotion"))


def _take() -> tuple[Take, Outbox]:
    outbox = Outbox(Shelf(60.0), lambda: None)
    return Take(outbox, characters=10, ignored=("language", "seed"), queued=0.25), outbox


def _words(*starts: int, end: int = 1) -> Words:
    return Words(tuple(SpokenWord(Span(0, end), start, 5, TimingQuality.EXACT) for start in starts))


async def test_events_pass_and_are_counted() -> None:
    take, outbox = _take()
    for event in (
        STARTED,
        Audio(b""),
        Audio(b"abcd"),
        _words(0, 0, 1),
        Progress(0.5),
        Charge(9, "USD", Decimal("0.1")),
    ):
        take.add(event)
    take.finish(2.0, cut_short=False)
    outputs: list[Output] = [output async for together in outbox for output in together]
    assert outputs == [
        Begun("alto", 24_000, TimingQuality.EXACT, ("language", "seed", "emotion"), 0.25),
        Samples(b"abcd", 0),
        _words(0, 0, 1),
        Progress(0.5),
        Finished(2, 2.0, 10, Charge(9, "USD", Decimal("0.1"))),
    ]
    assert (take.samples, take.seconds) == (2, 2 / 24_000)


@pytest.mark.parametrize(
    "events",
    [
        [Audio(b"ab")],
        [_words(0)],
        [STARTED, STARTED],
        [STARTED, Audio(b"abc")],
        [STARTED, _words(7), _words(6)],
        [STARTED, _words(0, end=11)],
        [STARTED, Words((SpokenWord(Span(0, 1), 0, -1, TimingQuality.EXACT),))],
    ],
    ids=[
        "audio first",
        "words first",
        "two starts",
        "odd bytes",
        "out of order",
        "beyond the text",
        "negative",
    ],
)
async def test_a_rule_broken_is_the_engines_failure(events: list[EngineEvent]) -> None:
    take, _ = _take()
    *good, bad = events
    for event in good:
        take.add(event)
    with pytest.raises(ParlandoError) as failed:
        take.add(bad)
    assert failed.value.reason is Reason.ENGINE_FAILED


async def test_an_engine_that_never_begins_has_failed() -> None:
    take, _ = _take()
    with pytest.raises(ParlandoError, match="ended before it began"):
        take.finish(0.0, cut_short=False)


async def test_what_an_engine_cuts_short_is_not_complete() -> None:
    take, _ = _take()
    take.add(STARTED)
    with pytest.raises(ParlandoError, match="was closed"):
        take.finish(0.0, cut_short=True)
