"""When our voice is heard, on a clock that is set by hand."""

from __future__ import annotations

from parlando_edge.realtime.playback import Playback
from tests.unit.edge.speakers import HandClock


def _audible(playback: Playback, clock: HandClock, seconds: list[float]) -> list[bool]:
    """Return whether it is heard at each of some moments."""
    heard = []
    for second in seconds:
        clock.time = second
        heard.append(playback.audible)
    return heard


def test_our_voice_is_audible_for_as_long_as_was_sent_and_a_little_more() -> None:
    clock = HandClock()
    playback = Playback(clock)
    assert _audible(playback, clock, [0.0]) == [False]
    playback.sent(2.0)
    playback.sent(1.0)
    assert _audible(playback, clock, [0.0, 3.4, 3.6]) == [True, True, False]


def test_what_was_told_to_stop_is_audible_only_on_its_way() -> None:
    clock = HandClock()
    playback = Playback(clock)
    playback.sent(10.0)
    clock.time = 1.0
    playback.stopped()
    assert _audible(playback, clock, [1.0, 1.6]) == [True, False]
    playback.stopped()
    assert _audible(playback, clock, [1.6]) == [False]
