from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load.figures import Figures, Latencies
from load.lag import TICK_SECONDS, Lag
from load.plan import Conduct, Order, Plan, Road, orders
from load.playback import Playback
from load.take import Take


def _order(conduct: Conduct = Conduct.LISTEN, cancel_after: float | None = None) -> Order:
    return Order(0, 5.0, Road.REALTIME, conduct, "One two three.", "", cancel_after)


def _take(conduct: Conduct = Conduct.LISTEN, *, buffer: float = 0.0) -> tuple[Take, Figures]:
    figures = Figures()
    return Take(_order(conduct), 105.0, figures, buffer), figures


# Percentiles


@given(st.lists(st.floats(0.000_1, 100), min_size=1, max_size=300), st.sampled_from([50.0, 95.0, 99.0]))
def test_a_percentile_is_within_a_thousandth_of_the_sorted_values(values: list[float], share: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    rank = max(round(share / 100 * len(values) + 0.5 - 1e-9), 1)
    ordered = sorted(values)
    near = ordered[max(rank - 2, 0) : rank + 1]  # where a rank falls between two, either is right
    assert min(near) * 0.998 - 1e-6 <= latencies.percentile(share) <= max(near) * 1.002 + 1e-6
    assert latencies.most == pytest.approx(max(values), rel=0.002)
    assert len(latencies) == len(values)


def test_nothing_measured_is_told_as_nothing() -> None:
    assert Latencies().describe() == {"count": 0, "p50": 0, "p95": 0, "p99": 0, "p99.9": 0, "max": 0}
    assert Latencies().shares() == []


def test_shares_rise_to_one() -> None:
    latencies = Latencies()
    for value in (0.001, 0.002, 0.003, 0.004):
        latencies.add(value)
    shares = latencies.shares()
    assert [share for _, share in shares] == [0.25, 0.5, 0.75, 1.0]
    assert [seconds for seconds, _ in shares] == pytest.approx([0.001, 0.002, 0.003, 0.004], rel=0.002)


def test_what_is_longer_than_can_be_told_counts_as_the_longest() -> None:
    latencies = Latencies()
    latencies.add(100_000.0)
    assert latencies.most == pytest.approx(600, rel=0.002)


# Playback


def test_sound_that_keeps_ahead_of_playback_makes_no_underrun() -> None:
    playback = Playback()
    for at, seconds in ((10.0, 0.03), (10.02, 0.06), (10.05, 0.4), (10.4, 1.0)):
        playback.heard(at, seconds)
    assert (playback.underruns, playback.silence) == (0, 0.0)
    assert playback.until == pytest.approx(11.49)
    assert playback.seconds == pytest.approx(1.49)


def test_sound_that_comes_late_is_an_underrun_and_plays_at_once() -> None:
    playback = Playback()
    playback.heard(10.0, 0.5)
    playback.heard(10.75, 0.5)
    playback.heard(11.25, 0.5)
    assert playback.underruns == 1
    assert playback.silence == pytest.approx(0.25)
    assert playback.until == pytest.approx(11.75)


def test_a_player_that_waits_forgives_as_much() -> None:
    playback = Playback(buffer=0.3)
    playback.heard(10.0, 0.5)
    playback.heard(10.75, 0.5)
    assert playback.underruns == 0


# One order


def test_the_clock_of_an_order_starts_when_it_was_due_not_when_it_was_sent() -> None:
    take, figures = _take()
    take.sent(105.4)
    take.heard(105.5, 1.0)
    take.ended(105.6, "completed")
    assert figures.latencies["due until sent"].percentile(50) == pytest.approx(0.4, rel=0.002)
    assert figures.latencies["first chunk"].percentile(50) == pytest.approx(0.5, rel=0.002)
    assert figures.counts == {"completed": 1}
    ((due, seconds),) = figures.course
    assert due == 5.0
    assert seconds == pytest.approx(0.5)


def test_a_cancel_is_measured_from_when_it_was_due_until_the_last_sound() -> None:
    take, figures = _take(Conduct.CANCEL)
    take.heard(105.1, 1.0)
    take.cancel(105.2)
    take.heard(105.23, 1.0)
    take.ended(105.24, "cancelled")
    assert figures.latencies["cancel, last byte"].percentile(50) == pytest.approx(0.03, rel=0.01)
    assert figures.latencies["cancel, answered"].percentile(50) == pytest.approx(0.04, rel=0.01)


def test_a_cancel_of_what_was_sent_in_full_is_told_apart_and_its_answer_is_measured() -> None:
    take, figures = _take(Conduct.CANCEL)
    take.heard(105.1, 1.0)
    take.ended(105.15, "completed")
    assert take.hears(106.0)
    assert not take.hears(106.2)
    take.cancel(105.2)
    take.all_was_sent(105.23)
    assert figures.latencies["cancel after the end, answered"].percentile(50) == pytest.approx(0.03, rel=0.01)
    assert not figures.latencies.keys() & {"cancel, answered", "cancel, last byte"}
    assert figures.counts == {"completed": 1, "cancelled after the end": 1}


def test_who_cancels_in_silence_has_waited_until_then() -> None:
    take, figures = _take(Conduct.CANCEL)
    take.cancel(108.0)
    take.heard(108.1, 1.0)
    take.ended(108.2, "cancelled")
    assert "first chunk" not in figures.latencies
    waited = figures.latencies["no sound until the cancel"]
    assert waited.percentile(50) == pytest.approx(108.0 - take.due, rel=0.01)


def test_who_cancels_while_a_player_stands_still_had_an_underrun() -> None:
    take, figures = _take(Conduct.CANCEL)
    take.heard(105.1, 0.2)
    take.cancel(106.0)
    take.heard(106.1, 0.2)
    take.ended(106.2, "cancelled")
    assert figures.counts["underruns"] == 1
    silence = figures.latencies["silence of an underrun utterance"]
    assert silence.percentile(50) == pytest.approx(0.7, rel=0.01)


def test_how_long_speech_takes_to_be_noticed_is_not_how_long_a_cancel_takes() -> None:
    take, figures = _take(Conduct.BARGE_IN)
    take.heard(105.1, 1.0)
    take.cancel(105.2)
    take.ended(105.9, "cancelled")
    assert len(figures.latencies["barge-in, answered"]) == 1
    assert "cancel, answered" not in figures.latencies


def test_sound_that_follows_such_a_cancel_counts_as_of_any_other() -> None:
    take, figures = _take(Conduct.CANCEL)
    take.heard(105.1, 1.0)
    take.cancel(105.12)
    take.heard(105.15, 1.0)
    take.ended(105.15, "completed")
    take.all_was_sent(105.23)
    assert figures.latencies["cancel, last byte"].percentile(50) == pytest.approx(0.03, rel=0.01)


def test_a_cancel_that_is_never_answered_is_an_error_and_counts_once() -> None:
    take, figures = _take(Conduct.CANCEL)
    take.heard(105.1, 1.0)
    take.ended(105.15, "completed")
    take.cancel(105.2)
    take.ended(105.3, "connection lost")
    take.ended(105.3, "ConnectionLostError")
    assert figures.counts == {"completed": 1, "error: connection lost": 1}


def test_what_was_refused_or_cancelled_has_no_second_answer() -> None:
    for status in ("overloaded", "cancelled"):
        take, figures = _take(Conduct.CANCEL)
        take.cancel(105.1)
        take.ended(105.2, status)
        counted = dict(figures.counts)
        assert not take.hears(105.2)
        take.all_was_sent(105.23)
        take.ended(105.3, "connection lost")
        assert figures.counts == counted


def test_refusals_and_errors_are_counted_apart_and_once() -> None:
    for status, name in (("overloaded", "refused"), ("engine_failed", "error: engine_failed")):
        take, figures = _take()
        take.ended(105.01, status)
        take.ended(105.02, "connection lost")
        assert figures.counts == {name: 1}
        assert figures.refused == ([5.0] if name == "refused" else [])


def test_an_order_without_sound_is_an_error() -> None:
    take, figures = _take()
    take.ended(105.5, "completed")
    assert figures.counts["error: no sound"] == 1


def test_first_chunks_and_underruns_count_but_not_those_of_who_did_not_read() -> None:
    for conduct, count in ((Conduct.LISTEN, 1), (Conduct.STALL, 0)):
        take, figures = _take(conduct)
        take.heard(105.1, 0.1)
        take.heard(106.0, 0.1)
        take.ended(106.1, "completed")
        assert figures.counts["utterances with an underrun"] == count
        assert len(figures.latencies["first chunk"]) == len(figures.course) == count


# The generator itself


def test_a_loop_that_stands_still_is_noted_for_all_the_ticks_it_missed() -> None:
    lag = Lag()
    for tick in range(90):
        lag.ticked(tick * TICK_SECONDS, tick * TICK_SECONDS)
    lag.ticked(1.0, 1.0 + 10.5 * TICK_SECONDS)
    assert len(lag.late) == 90 + 11
    assert lag.late.percentile(50) < 0.001
    assert lag.late.percentile(99) > 0.09


def test_the_generator_says_when_it_was_the_bottleneck() -> None:
    lag = Lag()
    for tick in range(100):
        lag.ticked(tick * TICK_SECONDS, tick * TICK_SECONDS)
    assert not lag.verdict(busy=0.3)
    assert "one core" in lag.verdict(busy=0.97)
    for tick in range(100, 110):
        lag.ticked(tick * TICK_SECONDS, tick * TICK_SECONDS + 0.05)
    assert "late" in lag.verdict(busy=0.3)


# The plan


def test_a_plan_yields_the_same_orders_each_time_and_others_by_another_seed() -> None:
    plan = Plan(rate=50, seconds=4, words=(3, 30), conducts={Conduct.CANCEL: 0.2, Conduct.BARGE_IN: 0.1})
    first = list(orders(plan))
    assert first == list(orders(plan))
    assert first != list(orders(Plan(rate=50, seconds=4, words=(3, 30), seed=2)))


def test_orders_come_as_often_as_asked_and_in_time() -> None:
    found = list(orders(Plan(rate=100, seconds=50, conducts={Conduct.CANCEL: 0.1}, cancel_within=2)))
    assert len(found) == pytest.approx(5_000, rel=0.05)
    assert all(0 <= order.due < 50 for order in found)
    assert [order.due for order in found] == sorted(order.due for order in found)
    cancelled = [order.cancel_after for order in found if order.cancel_after is not None]
    assert len(cancelled) == pytest.approx(500, rel=0.2)
    assert all(0 <= moment <= 2 for moment in cancelled)


def test_a_cancel_falls_within_the_time_that_its_text_takes_where_nothing_else_is_said() -> None:
    plan = Plan(rate=100, seconds=20, words=(3, 90), conducts={Conduct.CANCEL: 1.0})
    found = list(orders(plan))
    shares = [order.cancel_after / order.seconds for order in found if order.cancel_after is not None]
    assert len(shares) == len(found)
    assert 0 <= min(shares) < 0.05
    assert 0.95 < max(shares) <= 1
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=0.05)


def test_when_a_cancel_is_due_hangs_on_nothing_but_the_seed() -> None:
    plan = Plan(rate=100, seconds=20, conducts={Conduct.CANCEL: 0.1}, cancel_within=0.1)
    assert [order.cancel_after for order in orders(plan)] == [order.cancel_after for order in orders(plan)]


def test_orders_at_even_distances_and_at_most_so_many() -> None:
    found = list(orders(Plan(rate=10, seconds=100, most=5, even=True)))
    assert [order.due for order in found] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


def test_a_load_with_a_calm_rises_from_it_and_falls_back_to_it() -> None:
    plan = Plan(rate=200, seconds=10, calm_seconds=20, calm_rate=10)
    found = [order.due for order in orders(plan)]
    assert plan.lasts == 50
    assert found == sorted(found)
    legs = [sum(since <= due < until for due in found) for since, until in ((0, 20), (20, 30), (30, 50))]
    assert legs == pytest.approx([200, 2_000, 200], rel=0.25)
    assert sum(legs) == len(found)
    most = [order.number for order in orders(Plan(rate=5, seconds=9, calm_seconds=9, calm_rate=5, most=60))]
    assert most == list(range(60))


def test_no_rate_no_orders() -> None:
    assert not list(orders(Plan(rate=0)))


def test_what_only_a_conversation_has_goes_over_realtime() -> None:
    plan = Plan(rate=100, seconds=5, roads={Road.HTTP: 1.0}, conducts={Conduct.BARGE_IN: 0.5})
    roads = {order.conduct: order.road for order in orders(plan)}
    assert roads == {Conduct.BARGE_IN: Road.REALTIME, Conduct.LISTEN: Road.HTTP}


def test_who_stalls_has_the_longest_text() -> None:
    plan = Plan(rate=50, seconds=4, words=(3, 30, 9), conducts={Conduct.STALL: 0.3})
    lengths: dict[Conduct, set[int]] = {conduct: set() for conduct in Conduct}
    for order in orders(plan):
        lengths[order.conduct].add(len(order.text.split()))
    assert lengths[Conduct.STALL] == {30}
    assert lengths[Conduct.LISTEN] == {3, 9, 30}


def test_texts_have_the_asked_number_of_words() -> None:
    for words in (1, 10, 90):
        (order,) = orders(Plan(rate=1, seconds=100, most=1, words=(words,)))
        assert len(order.text.split()) == words
        assert order.text[0].isupper()
        assert order.text.endswith(".")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"rate": -1}, "0 or more"),
        ({"words": ()}, "at least one word"),
        ({"words": (0,)}, "at least one word"),
        ({"conducts": {Conduct.CANCEL: 1.5}}, "at most 1"),
        ({"roads": {}}, "some road"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Plan(**wrong)  # type: ignore[arg-type]
