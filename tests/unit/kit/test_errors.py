import re
from pathlib import Path

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor import EnumDescriptor
from google.rpc.status_pb2 import Status

from parlando.errors.v1 import errors_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import DOMAIN, STATUS, from_status, to_status

_PROTO = Path(__file__).parents[3] / "protos" / "parlando" / "errors" / "v1" / "errors.proto"
_CONTRACT: EnumDescriptor = errors_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]


def test_reasons_are_those_of_the_contract() -> None:
    of_contract = {value.name.removeprefix("ERROR_REASON_") for value in _CONTRACT.values}
    assert {reason.value for reason in Reason} == of_contract - {"UNSPECIFIED"}
    assert all(reason.name == reason.value for reason in Reason)


def test_every_reason_has_the_status_and_the_example_that_the_contract_states() -> None:
    commented = re.findall(r"((?:^  //[^\n]*\n)+)  ERROR_REASON_(\w+) = ", _PROTO.read_text(), re.MULTILINE)
    comments = {name: comment for comment, name in commented if name != "UNSPECIFIED"}
    assert comments.keys() == {reason.value for reason in Reason}
    for reason in Reason:
        comment = comments[reason.value]
        assert re.match(rf"  // {STATUS[reason].name}\b", comment), comment
        assert "\n  // Example: " in comment, comment


def test_an_error_carries_its_reason_its_field_and_when_to_try_again() -> None:
    error = ParlandoError(Reason.OVERLOADED, "try later", field="settings.voice", retry_after=0.25)
    status = to_status(error)
    assert status.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert status.message == "try later"
    info, retry = status.details
    assert info.TypeName() == "google.rpc.ErrorInfo"
    assert all(part in info.value for part in (DOMAIN.encode(), b"OVERLOADED", b"field", b"settings.voice"))
    assert retry.TypeName() == "google.rpc.RetryInfo"


def test_an_error_without_a_time_to_retry_carries_none() -> None:
    status = to_status(ParlandoError(Reason.FIELD_REQUIRED, "text is empty"))
    assert [detail.TypeName() for detail in status.details] == ["google.rpc.ErrorInfo"]


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("retry_after", [None, 0.0, 2.5])
def test_a_status_within_an_answer_is_the_error_it_was_made_of(
    reason: Reason, retry_after: float | None
) -> None:
    error = ParlandoError(reason, "what to do — ここ", field="turn.text", retry_after=retry_after)
    assert vars(from_status(to_status(error))) == vars(error)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (14, Reason.DEPENDENCY_UNAVAILABLE),
        (3, Reason.MALFORMED_MESSAGE),
        (2, Reason.INTERNAL),
        (99, Reason.INTERNAL),
    ],
)
def test_a_status_that_is_not_ours_is_the_nearest_reason_without_its_words(code: int, reason: Reason) -> None:
    broken = Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")
    for details in ([], [broken]):
        error = from_status(Status(code=code, message="a secret", details=details))
        assert error.reason is reason
        assert "secret" not in error.message


def test_an_error_shows_what_it_is() -> None:
    error = ParlandoError(Reason.OUT_OF_RANGE, "speed is 99.0: use 0.25 to 4.0", field="speed")
    assert str(error) == "speed is 99.0: use 0.25 to 4.0"
    assert repr(error) == "ParlandoError(OUT_OF_RANGE, 'speed is 99.0: use 0.25 to 4.0', field='speed')"
