"""What a vendor refuses or fails with, and what callers are told of it.

Nothing a vendor wrote is repeated but its code: its sentences may quote the text or the key.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from parlando_kit.errors import ParlandoError, Reason

_CODE = re.compile(r"[A-Za-z_]{1,48}")  # without digits: every key has some
_LONGEST_WAIT = 3600.0  # seconds; a vendor that names more is out of quota rather than busy


class Trouble(Enum):
    """What is wrong: the reason callers get, the field at fault, and what to do.

    Whether the router asks another engine follows from the reason: it does for KEY, QUOTA, BUSY, MODEL,
    TRUST and OUTAGE, which are this engine's own; for the others every engine would get the same request.
    """

    KEY = (Reason.ENGINE_KEY_REFUSED, "", "refuses the key: check it, its rights and its project")
    QUOTA = (Reason.QUOTA_SPENT, "", "has no quota left for this account: raise its limit or its balance")
    BUSY = (Reason.OVERLOADED, "", "asks to come back later: the account's rate or concurrency is used up")
    VOICE = (Reason.VOICE_NOT_FOUND, "voice", "does not have this voice: ListVoices names those there are")
    MODEL = (Reason.MODEL_NOT_FOUND, "model", "does not have this model: name one that the account may use")
    LENGTH = (Reason.TEXT_TOO_LONG, "text", "finds the text too long: send it in parts")
    MODERATION = (Reason.TEXT_REFUSED, "text", "refuses to speak this text: its rules of use forbid it")
    REQUEST = (Reason.NOT_SUPPORTED, "", "does not take this request: it may not know an option or a format")
    TRUST = (Reason.ENGINE_FAILED, "", "shows a certificate that does not verify: check its address")
    OUTAGE = (Reason.ENGINE_FAILED, "", "failed: try again later, or with another engine")

    def __init__(self, reason: Reason, field: str, told: str) -> None:
        self.reason = reason
        self.field = field
        self.told = told


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an adapter reads out of its SDK's error.

    Attributes:
        trouble: what is wrong.
        code: the vendor's code or status; left out of messages unless it looks like one.
        retry_after: seconds after which the vendor asks to come back, where it says so.
    """

    trouble: Trouble
    code: str = ""
    retry_after: float | None = None

    def error(self, vendor: str) -> ParlandoError:
        """Return what callers are told."""
        code = f" ({self.code})" if _CODE.fullmatch(self.code) or re.fullmatch(r"\d{3,4}", self.code) else ""
        retry_after = self.retry_after
        if self.trouble is Trouble.BUSY and retry_after is None:
            retry_after = 1.0
        return ParlandoError(
            self.trouble.reason,
            f"{vendor} {self.trouble.told}{code}",
            field=self.trouble.field,
            retry_after=retry_after,
        )


def trouble_of_status(status: int) -> Trouble:
    """Return what an HTTP status means where the vendor's own code says nothing better."""
    known = {
        401: Trouble.KEY,
        402: Trouble.QUOTA,
        403: Trouble.KEY,
        408: Trouble.OUTAGE,
        413: Trouble.LENGTH,
        429: Trouble.BUSY,
    }
    if status in known:
        return known[status]
    return Trouble.REQUEST if 400 <= status < 500 else Trouble.OUTAGE  # noqa: PLR2004  # the classes of HTTP


def is_untrusted(error: BaseException) -> bool:
    """Return whether an error comes from a certificate that does not verify, however deep below."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return True
        found = found.__cause__ or found.__context__
    return False


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that `Retry-After` (RFC 9110, 10.2.3) or `retry-after-ms` asks to wait.

    Args:
        headers: of the answer; names in lower case, or a mapping that does not tell case apart.
        now: the time of day, for dates; the machine's by default.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
            return min(float(value) / unit, _LONGEST_WAIT)
        if value:
            try:
                date = parsedate_to_datetime(value)
            except ValueError:
                continue
            date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
            return min(max((date - (now or datetime.now(UTC))).total_seconds(), 0.0), _LONGEST_WAIT)
    return None
