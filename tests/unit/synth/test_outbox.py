"""What piles up before a reader, and how it is given out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_synth.events import Audio, Progress, Words
from parlando_synth.order import Begun, Finished, Output, Samples
from parlando_synth.outbox import MESSAGE_MS, Outbox
from parlando_synth.shelf import Shelf

RATE = 1_000  # a sample a millisecond
BEGUN = Begun("alto", RATE, TimingQuality.EXACT, (), 0.0)
FINISHED = Finished(0, 0.0, 0, None)


def _outbox(shelf: Shelf | None = None) -> Outbox:
    outbox = Outbox(shelf or Shelf(1_000.0), lambda: None)
    outbox.begin(BEGUN)
    return outbox


def _audio(milliseconds: int) -> Audio:
    return Audio(b"ab" * milliseconds)


def _word(end: int) -> Words:
    return Words((SpokenWord(Span(0, 1), end - 1, 1, TimingQuality.EXACT),))


async def _all(outbox: Outbox) -> list[Output]:
    return [output async for together in outbox for output in together]


def _lengths(outputs: list[Output]) -> list[int]:
    return [len(output.pcm) // 2 for output in outputs if isinstance(output, Samples)]


async def test_the_first_audio_is_given_out_as_it_came_and_the_rest_joined() -> None:
    outbox = _outbox()
    for _ in range(61):
        outbox.put(_audio(40))
    outbox.close()
    first = await anext(outbox)
    assert first == [BEGUN, Samples(b"ab" * 40, 0)]
    assert _lengths(await _all(outbox)) == [1_000, 1_000, 400]


async def test_a_reader_that_keeps_up_gets_every_piece() -> None:
    outbox = _outbox()
    outbox.put(_audio(40))
    assert await anext(outbox) == [BEGUN, Samples(_audio(40).pcm, 0)]
    for number in range(1, 3):
        outbox.put(_audio(40))
        assert await anext(outbox) == [Samples(_audio(40).pcm, 40 * number)]


async def test_words_follow_the_audio_they_time() -> None:
    outbox = _outbox()
    outbox.put(_audio(10))
    for number in range(1, 4):
        outbox.put(_audio(10))
        outbox.put(_word(10 + 10 * number))
        outbox.put(Progress(number / 4))
    outbox.put(FINISHED)
    outbox.close()
    assert await anext(outbox) == [BEGUN, Samples(b"ab" * 10, 0)]
    audio, words, progress, finished = await anext(outbox)
    assert audio == Samples(b"ab" * 30, 10)
    assert isinstance(words, Words)
    assert [word.end_sample for word in words.words] == [20, 30, 40]
    assert (progress, finished) == (Progress(3 / 4), FINISHED)


async def test_that_it_has_begun_waits_for_something_to_say() -> None:
    outbox = _outbox()
    reading = asyncio.ensure_future(anext(outbox))
    await asyncio.sleep(0)
    assert not reading.done()
    outbox.put(_word(1))
    assert await reading == [BEGUN, _word(1)]


async def test_a_failure_before_anything_is_said_is_all_there_is() -> None:
    outbox = _outbox()
    outbox.close(ParlandoError(Reason.ENGINE_FAILED, "broken"))
    with pytest.raises(ParlandoError, match="broken"):
        await anext(outbox)


async def test_only_a_very_long_piece_is_cut() -> None:
    outbox = _outbox()
    outbox.put(_audio(500))
    outbox.put(_audio(3_100))
    outbox.put(_word(3_600))
    outbox.close()
    outputs = await _all(outbox)
    assert _lengths(outputs) == [500, 1_000, 1_000, 1_100]
    assert outputs[-1] == _word(3_600)


async def test_the_first_audio_is_told_once() -> None:
    told: list[str] = []
    outbox = Outbox(Shelf(1_000.0), lambda: told.append("first"))
    outbox.begin(BEGUN)
    outbox.put(_word(1))
    assert await anext(outbox) == [BEGUN, _word(1)]
    assert told == []
    for _ in range(2):
        outbox.put(_audio(10))
        await anext(outbox)
    assert told == ["first"]


async def test_too_much_unread_audio_gives_the_reader_up() -> None:
    outbox = _outbox(Shelf(2.0))
    outbox.put(_audio(2_000))
    with pytest.raises(ParlandoError) as refused:
        outbox.put(_audio(1))
    assert refused.value.reason is Reason.SLOW_READER
    with pytest.raises(ParlandoError, match="read faster"):
        await anext(outbox)


async def test_the_slowest_of_all_readers_is_given_up_first() -> None:
    shelf = Shelf(2.0)
    slow, fast = _outbox(shelf), _outbox(shelf)
    slow.put(_audio(1_200))
    fast.put(_audio(700))
    fast.put(_audio(200))
    assert shelf.unread == pytest.approx(0.9)
    with pytest.raises(ParlandoError, match="read faster"):
        slow.put(_audio(1))
    fast.put(FINISHED)
    fast.close()
    assert _lengths(await _all(fast)) == [700, 200]
    assert shelf.unread == 0.0


@pytest.mark.parametrize("discard", [True, False])
async def test_what_is_read_or_discarded_is_off_the_shelf(discard: bool) -> None:  # noqa: FBT001  # a case
    shelf = Shelf(2.0)
    outbox = _outbox(shelf)
    outbox.put(_audio(500))
    outbox.put(_audio(500))
    assert len(await anext(outbox)) == 2
    assert shelf.unread == pytest.approx(0.5)
    outbox.close(discard=discard)
    assert _lengths(await _all(outbox)) == ([] if discard else [500])
    assert shelf.unread == 0.0


async def test_reading_makes_room() -> None:
    outbox = _outbox(Shelf(2.0))
    for _ in range(10):
        outbox.put(_audio(1_000))
        lengths: list[int] = []
        while sum(lengths) < 1_000:
            lengths += _lengths(await anext(outbox))


async def test_a_failure_comes_after_what_was_made() -> None:
    outbox = _outbox()
    outbox.put(_audio(10))
    outbox.close(ParlandoError(Reason.ENGINE_FAILED, "broken"))
    outbox.put(_audio(10))
    assert await anext(outbox) == [BEGUN, Samples(b"ab" * 10, 0)]
    with pytest.raises(ParlandoError, match="broken"):
        await anext(outbox)


async def test_a_stop_discards_what_was_made_even_after_the_end() -> None:
    outbox = _outbox()
    outbox.put(FINISHED)
    outbox.close()
    outbox.close(ParlandoError(Reason.STOPPED, "stopped"), discard=True)
    with pytest.raises(ParlandoError, match="stopped"):
        await anext(outbox)


async def test_a_stop_after_everything_was_read_changes_nothing() -> None:
    outbox = _outbox()
    outbox.put(FINISHED)
    outbox.close()
    assert await _all(outbox) == [BEGUN, FINISHED]
    outbox.close(ParlandoError(Reason.STOPPED, "stopped"), discard=True)
    assert await _all(outbox) == []


async def test_closing_wakes_a_reader() -> None:
    outbox = _outbox()
    outbox.put(FINISHED)
    assert await anext(outbox) == [BEGUN, FINISHED]
    reading = asyncio.ensure_future(_all(outbox))
    await asyncio.sleep(0)
    outbox.close()
    assert await reading == []


@dataclass
class _Writer:
    """Puts what it is told, and remembers what a reader must get."""

    outbox: Outbox
    pcm: bytes = b""
    words: int = 0

    def put(self, number: int, event: int | str) -> None:
        if isinstance(event, int):
            pcm = number.to_bytes(2, "little") * event
            self.pcm += pcm
            self.outbox.put(Audio(pcm))
        elif event == "word" and self.pcm:
            self.words += 1
            self.outbox.put(_word(len(self.pcm) // 2))
        else:
            self.outbox.put(Progress(number / 100))


def _check(outputs: list[Output], writer: _Writer) -> None:
    heard = b""
    words = 0
    for output in outputs:
        if isinstance(output, Samples):
            assert output.first_sample == len(heard) // 2
            assert len(output.pcm) // 2 <= 2 * MESSAGE_MS
            heard += output.pcm
        elif isinstance(output, Words):
            words += len(output.words)
            assert all(word.end_sample <= len(heard) // 2 for word in output.words)
    assert (heard, words) == (writer.pcm, writer.words)
    assert (outputs[0], outputs[-1]) == (BEGUN, FINISHED)


@given(
    st.lists(st.one_of(st.integers(1, 1_500), st.just("word"), st.just("progress")), max_size=40),
    st.lists(st.integers(0, 5), min_size=40, max_size=40),
)
def test_nothing_is_lost_changed_or_overtaken(events: list[int | str], reads: list[int]) -> None:
    async def run() -> None:
        outbox = _outbox()
        writer = _Writer(outbox)
        outputs: list[Output] = []
        wanted = asyncio.Semaphore(0)

        async def read() -> None:
            await wanted.acquire()
            async for together in outbox:
                outputs.extend(together)
                await wanted.acquire()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(read())
            for number, event in enumerate(events):
                writer.put(number, event)
                for _ in range(reads[number]):
                    wanted.release()
                    await asyncio.sleep(0)
            outbox.put(FINISHED)
            outbox.close()
            for _ in range(len(writer.pcm) + 3 * len(events) + 3):
                wanted.release()
        _check(outputs, writer)

    asyncio.run(run())
