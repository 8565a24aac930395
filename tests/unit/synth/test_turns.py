"""Who comes next."""

from __future__ import annotations

import threading

from parlando_synth.stop_flag import StopFlag
from parlando_synth.turns import Turns


def test_the_most_urgent_comes_first() -> None:
    turns, order, queued = Turns(1), [], threading.Barrier(4)

    def wait(dry_at: float) -> None:
        queued.wait()
        with turns.turn(dry_at, StopFlag()) as granted:
            assert granted
            order.append(dry_at)

    threads = [threading.Thread(target=wait, args=(dry_at,)) for dry_at in (3.0, 1.0, 2.0)]
    with turns.turn(0, StopFlag()):
        for thread in threads:
            thread.start()
        queued.wait()
        while len(turns._waiting) < 3:  # threads, not tasks
            pass
    for thread in threads:
        thread.join()
    assert order == [1.0, 2.0, 3.0]


def test_as_many_at_once_as_there_are_turns() -> None:
    turns = Turns(2)
    with turns.turn(1, StopFlag()) as first, turns.turn(2, StopFlag()) as second:
        assert first
        assert second
        stop = StopFlag()
        stop.on_set(turns.wake)
        threading.Timer(0.01, stop.set).start()
        with turns.turn(0, stop) as third:
            assert not third
    with turns.turn(0, StopFlag()) as after:
        assert after


def test_one_that_is_stopped_holds_up_nobody() -> None:
    turns, stop = Turns(1), StopFlag()
    stop.on_set(turns.wake)
    stop.set()
    with turns.turn(0, stop) as granted:
        assert not granted
    with turns.turn(1, StopFlag()) as granted:
        assert granted
