from __future__ import annotations

import pytest

from parlando_edge.answers import refusal
from parlando_edge.openai_errors import NamedError, describe, retry_after_ms, status_of
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import STATUS

# What gRPC's statuses are in HTTP (google/rpc/code.proto); ours may be more exact.
_HTTP = {
    "INVALID_ARGUMENT": {400},
    "NOT_FOUND": {404},
    "FAILED_PRECONDITION": {400},
    "OUT_OF_RANGE": {400},
    "ALREADY_EXISTS": {409},
    "ABORTED": {409},
    "RESOURCE_EXHAUSTED": {429, 408},
    "UNAVAILABLE": {503},
    "DEADLINE_EXCEEDED": {504},
    "CANCELLED": {499},
    "UNAUTHENTICATED": {502},
    "PERMISSION_DENIED": {403},
    "INTERNAL": {500},
}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_status_that_agrees_with_grpc(reason: Reason) -> None:
    error = ParlandoError(reason, "what to do", field="settings.voice")
    assert status_of(error) in _HTTP[STATUS[reason].name]
    said = describe(error)
    assert set(said) - {"retry_after_ms"} == {"message", "type", "code", "param"}
    assert (said["type"] == "server_error") is (status_of(error) >= 499)


@pytest.mark.parametrize("reason", list(Reason))
def test_how_long_to_wait_goes_with_429_and_503_and_only_where_waiting_helps(reason: Reason) -> None:
    error = ParlandoError(reason, "x", retry_after=2.3)
    spent = reason in (Reason.BUDGET_SPENT, Reason.QUOTA_SPENT)
    helps = status_of(error) in (429, 503) and not spent
    assert retry_after_ms(error) == describe(error).get("retry_after_ms") == (2_300 if helps else None)
    headers = refusal(error).headers
    waits = (headers.get("retry-after"), headers.get("retry-after-ms"))
    assert waits == (("3", "2300") if helps else (None, None))
    if helps:
        assert retry_after_ms(ParlandoError(reason, "x")) == 1_000


@pytest.mark.parametrize(
    ("field", "param"),
    [
        ("", None),
        ("text", "input"),
        ("settings.voice", "voice"),
        ("settings.engine", "model"),
        ("settings.format.codec", "response_format"),
        ("settings.prosody.speed", "speed"),
        ("settings.seed", "seed"),
        ("session.audio.output.voice", "session.audio.output.voice"),
    ],
)
def test_fields_have_the_names_of_the_protocol(field: str, param: str | None) -> None:
    said = describe(ParlandoError(Reason.OUT_OF_RANGE, f"{field} is wrong", field=field))
    assert said["param"] == param
    assert said["message"] == f"{param or ''} is wrong"


def test_an_error_that_openai_has_a_name_for_keeps_it() -> None:
    error = NamedError(Reason.OUT_OF_ORDER, "response_cancel_not_active", "nothing is being spoken")
    assert describe(error)["code"] == "response_cancel_not_active"
