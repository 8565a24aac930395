"""What is to be kept of a session while the session service is away."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from parlando_edge.ports import SpeechSettings
from parlando_edge.realtime.keeper import SessionKeeper
from parlando_edge.realtime.outputs import KeepSettings, KeepTurn
from parlando_edge.session_ports import KeptSettings, Turn, TurnRole, TurnStatus
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.edge.speakers import HandClock


@dataclass
class _Store:
    """A session service that answers with these errors first."""

    errors: list[Reason]
    kept: list[str] = field(default_factory=list)

    def _take(self, what: str) -> None:
        if self.errors:
            raise ParlandoError(self.errors.pop(0), "not now")
        self.kept.append(what)

    async def keep_settings(self, _session_id: str, kept: KeptSettings) -> None:
        self._take(kept.settings.voice)

    async def keep_turn(self, _session_id: str, turn: Turn, _previous: str | None = None) -> None:
        self._take(turn.id)


async def _kept(errors: list[Reason]) -> tuple[list[str], float]:
    store, clock = _Store(errors), HandClock()
    keeper = SessionKeeper(store, "s1", clock)  # type: ignore[arg-type]  # the rest of a store is not asked
    keeper.put(KeepTurn(_turn("first")))
    keeper.put(KeepSettings(KeptSettings(SpeechSettings(voice="alto"), "")))
    keeper.put(KeepTurn(_turn("second")))
    keeper.close()
    await keeper.run()
    return store.kept, clock.time


def _turn(turn_id: str, text: str = "Hello.") -> Turn:
    return Turn(id=turn_id, role=TurnRole.USER, status=TurnStatus.COMPLETED, text=text)


async def test_what_is_to_be_kept_waits_for_the_service_and_is_kept_in_order() -> None:
    away = [Reason.DEPENDENCY_UNAVAILABLE, Reason.TOO_LATE, Reason.DRAINING, Reason.DEPENDENCY_UNAVAILABLE]
    kept, waited = await _kept([*away, Reason.TOO_LATE, Reason.TOO_LATE])
    assert kept == ["first", "alto", "second"]
    assert waited == pytest.approx(0.1 + 0.2 + 0.4 + 0.8 + 1.0 + 1.0)


async def test_what_the_service_refuses_is_not_asked_again_and_what_follows_is_kept() -> None:
    kept, waited = await _kept([Reason.DEPENDENCY_UNAVAILABLE, Reason.SESSION_NOT_FOUND])
    assert kept == ["alto", "second"]
    assert waited == pytest.approx(0.1)


async def test_what_hangs_until_it_is_ended_loses_nothing() -> None:
    kept, _ = await _kept([Reason.TOO_LATE] * 14)  # each of which takes a second, and the pauses 12 more
    assert kept == ["first", "alto", "second"]


async def test_a_write_that_always_takes_too_long_lets_the_others_pass() -> None:
    late = [Reason.TOO_LATE]
    kept, waited = await _kept([*late * 14, Reason.DEPENDENCY_UNAVAILABLE, *late * 15])
    assert kept == ["alto", "second"]
    assert waited == pytest.approx(0.1 + 0.2 + 0.4 + 0.8 + 25 * 1.0)


@pytest.mark.parametrize(
    ("errors", "waits"), [([Reason.SESSION_NOT_FOUND] * 3, 0), ([Reason.TOO_LATE] * 45, 1)]
)
async def test_what_is_lost_is_told_once_a_connection(
    errors: list[Reason], waits: int, caplog: pytest.LogCaptureFixture
) -> None:
    kept, _ = await _kept(errors)
    assert kept == []
    assert caplog.text.count("not kept whole") == 1
    assert caplog.text.count("of a session waits") == waits


async def test_what_waits_has_a_bound_however_long_it_is_and_a_loss_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = _Store([])
    keeper = SessionKeeper(store, "s1", HandClock())  # type: ignore[arg-type]  # the rest is not asked
    for number in range(100):
        keeper.put(KeepTurn(_turn(str(number), "x" * 100_000)))
    keeper.close()
    await keeper.run()
    assert store.kept == [str(number) for number in range(40)]  # 101,000 each, four millions in all
    assert caplog.text.count("too much waits to be kept") == 1
