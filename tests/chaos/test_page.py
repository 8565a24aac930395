from __future__ import annotations

from load.plan import Conduct, Order, Road

from tests.chaos.calls import COMPLETED, Call, account
from tests.chaos.experiment import Outcome
from tests.chaos.page import Row, page, section


def _call(due: float, status: str, *heard: float) -> Call:
    call = Call(Order(0, due, Road.GRPC, Conduct.LISTEN, "Hello.", ""), due, ended=due + 5, status=status)
    for at in heard:
        call.playback.heard(at, 1.0)
    return call


def test_a_row_tells_what_callers_noticed_and_from_when_on_they_were_served_again() -> None:
    calls = [
        _call(9.0, "internal", 9.1),  # under way when it began, and cut off
        _call(10.5, "unavailable"),
        _call(11.0, COMPLETED, 11.2),  # one after which another failed
        _call(12.0, "unavailable"),
        _call(13.0, COMPLETED, 13.5),
    ]
    noticed = account(calls, 10.0)
    assert (noticed.cut_off, noticed.refused, noticed.back) == (1, 2, 3.5)
    row = Row("router killed", kept=True)
    row.add(Outcome(noticed, [], []))
    row.add(Outcome(account([_call(1.0, COMPLETED, 1.1)], 0.0), [], ["a session"]))
    assert row.line() == (
        "| router killed | 6 | 1 | 2 | gRPC: unavailable (2); gRPC: internal (1); 1 sessions and turns are "
        "forgotten; **did not hold: a session is lost** |  | 0.50 s | 3.5 s |"
    )
    assert row.broken == ["a session is lost"]


def test_a_section_replaces_its_former_self_and_leaves_the_others() -> None:
    def told(title: str, what: str) -> dict[str, str]:
        return {title: section(title, [Row(what, kept=True)], 1)}

    both = page(told("One", "edge") | told("Two", "router"), "")
    again = page(told("One", "synth"), both)
    assert both.replace("| edge |", "| synth |") == again
    assert "| router |" in again
