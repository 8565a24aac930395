"""What errors of Google's client mean."""

from __future__ import annotations

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError, TransportError
from google.rpc import error_details_pb2
from grpc import StatusCode

from parlando_synth.remote.trouble import Refusal, Trouble

_BILLING = frozenset({"BILLING_DISABLED", "CONSUMER_SUSPENDED", "ACCOUNT_STATE_INVALID"})
_STATUSES = {
    StatusCode.UNAUTHENTICATED: Trouble.KEY,
    StatusCode.PERMISSION_DENIED: Trouble.KEY,
    StatusCode.NOT_FOUND: Trouble.VOICE,
    StatusCode.INVALID_ARGUMENT: Trouble.REQUEST,
    StatusCode.FAILED_PRECONDITION: Trouble.REQUEST,
    StatusCode.OUT_OF_RANGE: Trouble.REQUEST,
    StatusCode.UNIMPLEMENTED: Trouble.REQUEST,
}
# Google says what is wrong with a request in a sentence alone.
_SENTENCES = (
    ("sensitive or harmful", Trouble.MODERATION),
    ("longer than the limit", Trouble.LENGTH),
    ("too long", Trouble.LENGTH),
    ("model", Trouble.MODEL),
    ("voice", Trouble.VOICE),
)


def refusal(error: Exception) -> Refusal | None:
    """Return what an error means; None for one that is none of Google's."""
    if isinstance(error, GoogleAuthError):  # a token that cannot be had
        again = error.retryable or isinstance(error, TransportError)
        return Refusal(Trouble.OUTAGE if again else Trouble.KEY)
    if isinstance(error, TimeoutError):  # no connection was made
        return Refusal(Trouble.OUTAGE)
    return _of_status(error) if isinstance(error, GoogleAPICallError) else None


def _of_status(error: GoogleAPICallError) -> Refusal:
    status = error.grpc_status_code
    code = status.name if status is not None else ""
    if error.reason in _BILLING:
        return Refusal(Trouble.QUOTA, error.reason)
    if status is StatusCode.RESOURCE_EXHAUSTED:
        return _exhausted(error)
    if status is StatusCode.INVALID_ARGUMENT:
        return Refusal(_of_sentence(error.message), code)
    if status is StatusCode.UNAVAILABLE and "CERTIFICATE_VERIFY_FAILED" in str(error.message):
        return Refusal(Trouble.TRUST)
    return Refusal(_STATUSES.get(status, Trouble.OUTAGE) if status else Trouble.OUTAGE, code)


def _exhausted(error: GoogleAPICallError) -> Refusal:
    """Return whether it is the rate of a minute, to come back for, or the quota of a day."""
    wait: float | None = None
    by_day = False
    for detail in error.details:
        if isinstance(detail, error_details_pb2.RetryInfo):
            wait = detail.retry_delay.ToNanoseconds() / 1e9
        elif isinstance(detail, error_details_pb2.ErrorInfo):
            by_day = detail.metadata.get("quota_unit", "").startswith("1/d/")
    return Refusal(Trouble.QUOTA if by_day else Trouble.BUSY, "RESOURCE_EXHAUSTED", wait)


def _of_sentence(sentence: str | None) -> Trouble:
    folded = str(sentence).casefold()
    return next((trouble for words, trouble in _SENTENCES if words in folded), Trouble.REQUEST)
