from __future__ import annotations

from load.plan import Conduct, Order, Road

from tests.chaos.calls import COMPLETED, Call, account
from tests.chaos.experiment import Outcome
from tests.chaos.page import Row, page


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
    assert noticed.told_after == 5.0
    row = Row("router killed")
    row.add(Outcome(noticed, {"router": 3}, 4, 1, [], []))
    row.add(
        Outcome(
            account([_call(1.0, COMPLETED, 1.1)], 0.0), {"router": 2}, 0, 0, ["a word is lost"], ["a session"]
        )
    )
    line = row.line()
    assert line.rpartition(" | ")[0] == (
        "| router killed (2 times) | 2 | 6 | 4 | 1 | 2 | gRPC: unavailable (2); gRPC: internal (1); "
        "Realtime: connected again (1); 1 sessions, turns or settings are forgotten; "
        "**did not hold: a word is lost** | 5.00 s |  | 0.50 s | 3.5 s"
    )
    assert row.broken == ["a word is lost"]


def test_a_row_that_ends_with_a_failure_is_not_back_yet() -> None:
    row = Row("router killed")
    row.add(
        Outcome(
            account([_call(11.0, COMPLETED, 11.2), _call(12.0, "lost")], 10.0), {"router": 1}, 0, 0, [], []
        )
    )
    row.add(
        Outcome(
            account([_call(12.0, "lost"), _call(13.0, COMPLETED, 13.5)], 10.0), {"router": 1}, 0, 0, [], []
        )
    )
    assert row.line().rpartition(" | ")[0].endswith("| 0.50 s | not yet")


def test_a_row_in_which_nothing_was_hit_does_not_hold() -> None:
    row = Row("synth killed")
    row.add(Outcome(account([_call(1.0, COMPLETED, 1.1)], 0.0), {"synth": 0}, 0, 0, [], []))
    assert row.broken == ["synth had nothing to do"]
    assert "**did not hold: synth had nothing to do**" in row.line()


def test_rows_replace_their_former_selves_and_leave_the_others() -> None:
    def row(what: str, calls: int) -> Row:
        return Row(what, repeats=1, calls=calls)

    titles = ["One", "Two"]
    once = page(
        {"Two": [row("router killed", 1)], "One": [row("edge killed", 2), row("edge hangs", 3)]}, titles, ""
    )
    again = page({"One": [row("edge hangs", 4)]}, titles, once)
    assert again == once.replace("| edge hangs |  | 3 |", "| edge hangs |  | 4 |") != once
    assert once.index("## One") < once.index("| edge killed |") < once.index("## Two")


def test_a_table_of_other_columns_is_not_mixed_with_new_rows() -> None:
    told = page({"One": [Row("edge killed")]}, ["One"], "# Old\n\n## One\n\n| a |\n|---|\n| b |\n")
    assert "| b |" not in told
