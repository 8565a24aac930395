"""What vendors answer is read right, and nothing of it is repeated but a code."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from parlando_kit.errors import Reason
from parlando_router.failover import RETRIED
from parlando_synth.remote.trouble import Refusal, Trouble, retry_after, trouble_of_status

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Sat, 28 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 28 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "999999999"}, 3600.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e309"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_a_time_to_come_back_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (400, Trouble.REQUEST),
        (401, Trouble.KEY),
        (402, Trouble.QUOTA),
        (403, Trouble.KEY),
        (408, Trouble.OUTAGE),
        (413, Trouble.LENGTH),
        (422, Trouble.REQUEST),
        (429, Trouble.BUSY),
        (500, Trouble.OUTAGE),
        (503, Trouble.OUTAGE),
        (529, Trouble.OUTAGE),
    ],
)
def test_a_status_without_a_code_says_what_it_can(status: int, trouble: Trouble) -> None:
    assert trouble_of_status(status) is trouble


@pytest.mark.parametrize("code", ["sk-abc123", "Bearer sk", "a" * 49, "quote: the text", "12", "12345"])
def test_what_may_be_no_code_is_not_repeated(code: str) -> None:
    assert code not in Refusal(Trouble.KEY, code).error("acme").message


@pytest.mark.parametrize("code", ["insufficient_quota", "invalidKey", "503"])
def test_a_code_is_repeated(code: str) -> None:
    assert Refusal(Trouble.QUOTA, code).error("acme").message.endswith(f"({code})")


def test_the_router_goes_on_with_another_engine_where_that_can_help_and_nowhere_else() -> None:
    moves_on = {trouble for trouble in Trouble if trouble.reason in RETRIED}
    own = {Trouble.KEY, Trouble.QUOTA, Trouble.BUSY, Trouble.MODEL, Trouble.TRUST, Trouble.OUTAGE}
    assert moves_on == own


def test_who_is_busy_always_says_when_to_come_back() -> None:
    assert Refusal(Trouble.BUSY).error("acme").retry_after == 1.0
    assert Refusal(Trouble.BUSY, retry_after=7.0).error("acme").retry_after == 7.0
    assert Refusal(Trouble.QUOTA).error("acme").reason is Reason.QUOTA_SPENT
