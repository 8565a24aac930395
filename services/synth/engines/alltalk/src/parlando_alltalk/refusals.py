"""What the server's answers mean. It has statuses and sentences, and no codes."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from parlando_synth.remote.trouble import Refusal, Trouble, is_untrusted, retry_after, trouble_of_status

_NO_SUCH = (400, 404, 422)


class AnswerError(Exception):
    """The server says no.

    Args:
        status: of HTTP.
        text: of the answer; read, and never shown.
        headers: of the answer.
    """

    def __init__(self, status: int, text: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"the answer is {status}")
        self.status = status
        self.about_voice = "voice" in text.casefold()
        self.retry_after = retry_after(headers or {})


def refusal(error: Exception) -> Refusal | None:
    """Return what an error means; None for one that is none of the server's or of HTTP."""
    if isinstance(error, AnswerError):
        trouble = trouble_of_status(error.status)
        if error.status in _NO_SUCH and error.about_voice:
            trouble = Trouble.VOICE
        if error.status == httpx.codes.SERVICE_UNAVAILABLE and error.retry_after is not None:
            trouble = Trouble.BUSY
        return Refusal(trouble, str(error.status), error.retry_after)
    if is_untrusted(error):
        return Refusal(Trouble.TRUST)
    return Refusal(Trouble.OUTAGE) if isinstance(error, httpx.HTTPError) else None
