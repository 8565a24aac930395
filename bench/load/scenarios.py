"""Loads that have a name."""

from __future__ import annotations

from load.plan import Conduct, Plan, Road

SCENARIOS = {
    # Sessions that say nothing: what they cost in memory, and a little in CPU.
    "idle": Plan(sessions=2_000, rate=0, seconds=10),
    # Two hundred who listen at once, each to 25 s of speech, of whom eight end and eight begin each second.
    "listeners": Plan(sessions=240, rate=8.0, seconds=60, words=(90,)),
    # Many sessions, short utterances, some of them cancelled: soon, for they are made at engine speed, and
    # what has been said already cannot be cancelled any more.
    "crowd": Plan(
        sessions=2_000, rate=100, seconds=60, words=(10,), conducts={Conduct.CANCEL: 0.1}, cancel_within=0.1
    ),
    # More sessions still, and all who speak are interrupted.
    "cancels": Plan(
        sessions=5_000, rate=20, seconds=60, words=(90,), conducts={Conduct.CANCEL: 1.0}, cancel_within=3.0
    ),
    # Everything that callers do, by every road.
    "mixed": Plan(
        sessions=200,
        rate=10,
        seconds=60,
        words=(3, 10, 10, 30, 90),
        engines=("espeak", "scripted"),
        roads={Road.REALTIME: 4, Road.HTTP: 2, Road.GRPC: 2},
        conducts={
            Conduct.CANCEL: 0.15,
            Conduct.BARGE_IN: 0.03,
            Conduct.STALL: 0.03,
            Conduct.RECONNECT: 0.04,
            Conduct.LEAVE: 0.10,
        },
    ),
    # Twice what two cores can do, and a calm before and after it: who is let in is heard in time, the rest is
    # refused. As long as a crowd: the burst that is let in before the overload is told is none of a second's.
    "overload": Plan(sessions=2_000, rate=250, seconds=300, calm_seconds=60, calm_rate=20, words=(10,)),
}
