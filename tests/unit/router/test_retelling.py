"""A fragmenter that is lost, and another one that is told all again: every word is spoken once."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span, SpanMap
from parlando_router import events
from parlando_router.epoch import FRAGMENTER_SECONDS
from parlando_router.ports import FlushDone, Fragment, TextKind
from parlando_router.retelling import PASSED, Retelling
from parlando_router.speak_protocol import Append, FlushEpoch, Open
from tests.unit.router.score import check
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Stage
from tests.unit.router.virtual_time import LoopClock, run

_TEXT = "It costs five. Take it now! Or leave it. Who knows?"
_AWAY = ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "it does not answer", retry_after=1.0)


def _fragment(start: int, end: int) -> Fragment:
    return Fragment(Span(start, end), "", TextKind.PLAIN, SpanMap(()), 0.0, ends_sentence=False, language="")


@given(st.lists(st.text("ab ", max_size=4) | st.integers(1, 9), max_size=12), st.data())
def test_what_is_told_again_is_what_was_told_in_its_order_parted_where_fragments_ended(
    script: list[str | int], data: st.DataObject
) -> None:
    retelling, text = Retelling(7), ""
    flushes: list[tuple[int, int]] = []
    for told in script:
        if isinstance(told, str):
            retelling.told(Append(told))
            text += told
        else:
            retelling.told(FlushEpoch(told))
            flushes.append((len(text), told))
    done = data.draw(st.integers(0, len(text)))
    if done:
        retelling.came(_fragment(7, 7 + done))
    answered = data.draw(st.integers(0, sum(place <= done for place, _ in flushes)))
    for _, number in flushes[:answered]:
        retelling.came(FlushDone(number))
    again, at = list(retelling.again()), 0
    if retelling.passes:
        at = again.index(PASSED)
        assert "".join(item.text for item in again[:at] if isinstance(item, Append)) == text[:done]
    said, places = text[:done], []
    for item in again[at + retelling.passes :]:
        if isinstance(item, Append):
            said += item.text
        else:
            places.append((len(said), item.flush_id))
    assert said == text
    assert places == [(max(place, done), number) for place, number in flushes[answered:]]


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("away", [0.0, FRAGMENTER_SECONDS - 1])
def test_speech_goes_on_when_the_fragmenter_is_lost_and_comes_back(after: int, away: float) -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter(failure=_AWAY, fail_after=after, back_after=away)
        worker = ScriptedWorker(Play(factor=0.3))
        call = Stage({"one": worker}, fragmenter).speak()
        call.open(1)
        call.text(1, _TEXT)
        call.flush(1, 3)
        call.end()
        await call.done()
        check(call)
        assert call.of(events.Flushed) == [events.Flushed(3)]
        spoken = [request.text.strip() for request in worker.requests]
        assert " ".join(spoken) == _TEXT
        assert all(stream.closed for stream in fragmenter.streams)
        assert len(fragmenter.streams) > 1

    run(main())


def test_a_text_that_is_all_there_is_asked_for_again_when_the_fragmenter_comes_back() -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter(failure=_AWAY, fail_after=2, back_after=FRAGMENTER_SECONDS - 1)
        worker = ScriptedWorker(Play(factor=0.3))
        call = Stage({"one": worker}, fragmenter).speak()
        call.say(1, Open(call.settings, "", _TEXT, complete=True))
        call.end()
        await call.done()
        check(call)
        assert " ".join(request.text.strip() for request in worker.requests) == _TEXT
        assert len(fragmenter.streams) > 1
        assert all(stream.at_once and stream.closed for stream in fragmenter.streams)

    run(main())


def test_a_fragmenter_that_is_lost_again_much_later_is_waited_for_again() -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter()
        call = Stage({"one": ScriptedWorker(Play(factor=0.3))}, fragmenter).speak()
        call.open(1)
        call.text(1, _TEXT)
        for _ in range(3):
            await asyncio.sleep(2 * FRAGMENTER_SECONDS)  # there is nothing new to be said
            fragmenter.streams[-1].lose(_AWAY)
        await asyncio.sleep(1)
        call.end()
        await call.done()
        check(call)
        assert len(fragmenter.streams) == 1 + 3

    run(main())


@pytest.mark.parametrize("after", [0, 1])
def test_a_fragmenter_that_stays_away_is_an_error_before_long(after: int) -> None:
    async def main() -> None:
        began = LoopClock().now()
        worker = ScriptedWorker(Play(factor=0.3))
        fragmenter = ScriptedFragmenter(failure=_AWAY, fail_after=after)
        call = Stage({"one": worker}, fragmenter).speak()
        call.open(1)
        call.text(1, _TEXT)
        error = await call.refusal()
        assert (error.reason, error.retry_after) == (Reason.DEPENDENCY_UNAVAILABLE, 1.0)
        assert FRAGMENTER_SECONDS <= LoopClock().now() - began < FRAGMENTER_SECONDS + 3
        assert len(worker.requests) == after
        assert not worker.live
        assert all(stream.closed for stream in fragmenter.streams)
        waits = [later.opened - sooner.opened for sooner, later in pairwise(fragmenter.streams[1:])]
        assert max(waits) <= 0.25

    run(main())


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("ends", [True, False])
def test_one_that_hangs_on_a_living_connection_is_left_for_another(
    after: int, *, ends: bool, deaf: bool
) -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter(hanging=1, fail_after=after, deaf=deaf)
        worker = ScriptedWorker(Play(factor=0.3))
        call = Stage({"one": worker}, fragmenter).speak()
        call.open(1)
        call.text(1, _TEXT)
        call.flush(1, 3)
        if ends:
            call.end()
        else:
            await asyncio.sleep(3 * FRAGMENTER_SECONDS)  # long after the flush was owed
            assert call.of(events.Flushed) == [events.Flushed(3)]
            call.end()
        await call.done()
        check(call)
        assert " ".join(request.text.strip() for request in worker.requests) == _TEXT
        assert [stream.closed for stream in fragmenter.streams] == [True, True]

    run(main())


def test_one_that_hangs_when_it_is_first_called_is_left_for_another() -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter(hanging=1, shut=True)
        call = Stage({"one": ScriptedWorker()}, fragmenter).speak()
        call.open(1)
        await asyncio.sleep(2 * FRAGMENTER_SECONDS)  # before there is any text
        assert len(fragmenter.streams) == 2
        call.text(1, _TEXT)
        call.end()
        await call.done()
        check(call)

    run(main())


def test_one_that_takes_no_first_hint_is_left_for_another() -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter()
        call = Stage({"one": ScriptedWorker(Play(factor=0.3))}, fragmenter).speak()
        call.open(1)
        call.text(1, _TEXT)
        call.flush(1, 3)
        await call.until(lambda: call.of(events.Flushed))  # how quick the engine is, is known now
        fragmenter.hanging, fragmenter.deaf = 2, True
        call.open(2)
        await asyncio.sleep(2 * FRAGMENTER_SECONDS)
        assert [stream.closed for stream in fragmenter.streams] == [True, True, False]
        call.text(2, _TEXT)
        call.end()
        await call.done()
        check(call)

    run(main())


@pytest.mark.parametrize("at_once", [True, False])
def test_when_all_hang_that_is_an_error_before_long(*, at_once: bool) -> None:
    async def main() -> None:
        began = LoopClock().now()
        fragmenter = ScriptedFragmenter(hanging=100)
        call = Stage({"one": ScriptedWorker(Play(factor=0.3))}, fragmenter).speak()
        call.open(1)
        call.text(1, _TEXT)
        if not at_once:
            call.flush(1, 1)
        call.end()
        error = await call.refusal()
        assert (error.reason, error.retry_after) == (Reason.DEPENDENCY_UNAVAILABLE, 1.0)
        assert LoopClock().now() - began < 2 * FRAGMENTER_SECONDS + 1
        assert [stream.at_once for stream in fragmenter.streams] == [at_once] * 2
        assert all(stream.closed for stream in fragmenter.streams)

    run(main())


def test_one_that_is_told_nothing_may_be_silent_for_as_long_as_the_caller_is() -> None:
    async def main() -> None:
        fragmenter = ScriptedFragmenter()
        call = Stage({"one": ScriptedWorker(Play(factor=0.3))}, fragmenter).speak()
        call.open(1)
        call.text(1, "It costs")
        await asyncio.sleep(10 * FRAGMENTER_SECONDS)
        call.text(1, " five.")
        call.flush(1, 1)
        await asyncio.sleep(10 * FRAGMENTER_SECONDS)
        call.end()
        await call.done()
        check(call)
        assert len(fragmenter.streams) == 1

    run(main())
