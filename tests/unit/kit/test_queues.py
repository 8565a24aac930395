import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.queues import BoundedQueue, QueueClosed

# Costs are halves, so that sums are exact and the model's arithmetic is the queue's.
_COSTS = st.integers(0, 12).map(lambda halves: halves / 2)


def _queue(high: float = 10, low: float = 4) -> BoundedQueue[float]:
    return BoundedQueue(unit="ms of audio", high=high, low=low, cost=lambda item: item)


def _at_least(cost: float) -> Callable[[float], bool]:
    return lambda item: item >= cost


async def _settle() -> None:
    """Let every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("high", "low"), [(4, 4), (4, 5), (4, -1), (0, 0)])
def test_marks_that_make_no_sense_are_refused_with_the_unit(high: float, low: float) -> None:
    with pytest.raises(ValueError, match="ms of audio"):
        _queue(high, low)


async def test_a_writer_waits_at_the_high_mark_until_the_low_one() -> None:
    queue = _queue()
    await queue.put(6)
    await queue.put(4)  # reaches the mark
    writer = asyncio.create_task(queue.put(1))
    await _settle()
    assert (len(queue), queue.level) == (2, 10)
    await queue.get()  # 4 left: the low mark
    await _settle()
    assert writer.done()
    assert (len(queue), queue.level) == (2, 5)


async def test_room_is_waited_for_before_an_item_is_made() -> None:
    queue = _queue()
    await queue.room()
    queue.put_nowait(10)
    waiting = asyncio.create_task(queue.room())
    await _settle()
    assert not waiting.done()
    queue.discard(_at_least(10))
    await waiting
    queue.put_nowait(10)
    waiting = asyncio.create_task(queue.room())
    queue.close()
    await waiting


async def test_a_writer_goes_on_waiting_above_the_low_mark() -> None:
    queue = _queue()
    for cost in (5, 0.5, 4.5):
        await queue.put(cost)
    writer = asyncio.create_task(queue.put(1))
    await queue.get()  # 5 left, where 4 is the mark
    await _settle()
    assert not writer.done()
    await queue.get()  # 4.5
    await _settle()
    assert not writer.done()
    await queue.get()
    await writer


async def test_one_item_may_exceed_the_bound_but_none_follows_it() -> None:
    queue = _queue()
    await queue.put(1000)
    writer = asyncio.create_task(queue.put(0.5))
    await _settle()
    assert not writer.done()
    assert await queue.get() == 1000
    await writer
    assert await queue.get() == 0.5


async def test_what_costs_nothing_never_waits_and_keeps_its_place() -> None:
    queue = _queue()
    await queue.put(10)
    await queue.put(0)
    assert [await queue.get(), await queue.get()] == [10, 0]


async def test_what_must_not_wait_goes_beyond_the_bound() -> None:
    queue = _queue()
    await queue.put(10)
    queue.put_nowait(7)
    assert queue.level == 17
    writer = asyncio.create_task(queue.put(1))
    await queue.get()  # 7 left
    await _settle()
    assert not writer.done()
    await queue.get()
    await writer


async def test_of_several_writers_one_at_a_time_fills_the_room() -> None:
    queue = _queue()
    await queue.put(10)
    writers = [asyncio.create_task(queue.put(10)) for _ in range(3)]
    for _ in range(3):
        await queue.get()
        await _settle()
        assert queue.level == 10
    assert all(writer.done() for writer in writers)


async def test_several_readers_get_each_item_once() -> None:
    queue = _queue()
    readers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await _settle()
    for item in (1, 2, 3):
        await queue.put(item)
    assert [await reader for reader in readers] == [1, 2, 3]
    assert queue.level == 0


async def test_a_reader_waits_again_once_it_has_emptied_the_queue() -> None:
    queue = _queue()
    await queue.put(1)
    assert await queue.get() == 1
    reader = asyncio.create_task(queue.get())
    await _settle()
    assert not reader.done()
    await queue.put(2)
    assert await reader == 2


async def test_a_reader_that_is_cancelled_takes_nothing_with_it() -> None:
    queue = _queue()
    reader = asyncio.create_task(queue.get())
    await _settle()
    await queue.put(3)
    reader.cancel()
    await asyncio.wait({reader})
    assert await queue.get() == 3


async def test_discarding_makes_room() -> None:
    queue = _queue()
    for cost in (5, 1, 4):
        await queue.put(cost)
    writer = asyncio.create_task(queue.put(2))
    await _settle()
    assert queue.discard(lambda item: item >= 4) == [5, 4]
    assert queue.level == 1
    await writer
    assert [await queue.get(), await queue.get()] == [1, 2]


async def test_a_closed_queue_gives_what_it_holds_and_then_ends() -> None:
    queue = _queue()
    await queue.put(1)
    queue.close()
    queue.close(ValueError("too late to matter"))
    with pytest.raises(QueueClosed, match="ms of audio"):
        await queue.put(0)
    with pytest.raises(QueueClosed):
        queue.put_nowait(1)
    assert await queue.get() == 1
    for _ in range(2):
        with pytest.raises(QueueClosed):
            await queue.get()


async def test_a_queue_closed_with_an_error_raises_it_once_it_is_empty() -> None:
    queue = _queue()
    await queue.put(1)
    queue.close(LookupError("the engine failed"))
    assert await queue.get() == 1
    for _ in range(2):
        with pytest.raises(LookupError, match="the engine failed"):
            await queue.get()


async def test_closing_wakes_every_reader_and_writer() -> None:
    full, empty = _queue(), _queue()
    await full.put(10)
    waiting = [asyncio.create_task(queue) for queue in (full.put(1), full.put(1), empty.get(), empty.get())]
    await _settle()
    full.close()
    empty.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [QueueClosed] * 4


async def test_levels_that_do_not_add_up_exactly_leave_no_dust() -> None:
    queue = _queue(high=0.3, low=0)
    for _ in range(3):
        await queue.put(0.1)
    for _ in range(3):
        await queue.get()
    assert queue.level == 0
    await queue.put(1)  # waits for ever if dust is left


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _COSTS),
        st.tuples(st.just("force"), _COSTS),
        st.tuples(st.just("get"), st.just(0.0)),
        st.tuples(st.just("discard"), _COSTS),
    ),
    max_size=40,
)


@given(_STEPS)
def test_any_sequence_of_steps_keeps_order_and_level_and_blocks_by_the_marks(
    steps: list[tuple[str, float]],
) -> None:
    asyncio.run(_compare_with_a_model(steps))


async def _compare_with_a_model(steps: list[tuple[str, float]]) -> None:
    queue = _queue()
    held: list[float] = []
    full = False
    for step, cost in steps:
        if step == "put" and full and cost > 0:
            writer = asyncio.create_task(queue.put(cost))
            await _settle()
            assert not writer.done()
            writer.cancel()
            await asyncio.wait({writer})
        elif step in {"put", "force"}:
            if step == "put":
                await queue.put(cost)
            else:
                queue.put_nowait(cost)
            held.append(cost)
            full = full or sum(held) >= 10
        elif step == "get" and held:
            assert await queue.get() == held.pop(0)
            full = full and sum(held) > 4
        elif step == "discard":
            gone = [item for item in held if item >= cost]
            assert queue.discard(_at_least(cost)) == gone
            held = [item for item in held if item < cost]
            full = full and sum(held) > 4
        assert (queue.level, len(queue)) == (sum(held), len(held))
    assert [await queue.get() for _ in held] == held
