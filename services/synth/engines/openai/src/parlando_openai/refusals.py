"""What errors of OpenAI's SDK mean. Servers that are not OpenAI's put their codes elsewhere, or have none."""

from __future__ import annotations

import json
from collections.abc import Mapping

from openai import APIConnectionError, APIError, APIStatusError
from websockets.exceptions import InvalidStatus, WebSocketException

from parlando_synth.remote.trouble import Refusal, Trouble, is_untrusted, retry_after, trouble_of_status

_CODES = {
    "invalid_api_key": Trouble.KEY,
    "account_deactivated": Trouble.KEY,
    "insufficient_quota": Trouble.QUOTA,
    "billing_hard_limit_reached": Trouble.QUOTA,
    "billing_not_active": Trouble.QUOTA,
    "rate_limit_exceeded": Trouble.BUSY,
    "model_not_found": Trouble.MODEL,
    "invalid_model": Trouble.MODEL,  # Kokoro-FastAPI
    "voice_not_found": Trouble.VOICE,
    "invalid_voice": Trouble.VOICE,
    "string_above_max_length": Trouble.LENGTH,
    "context_length_exceeded": Trouble.LENGTH,
    "content_policy_violation": Trouble.MODERATION,
    "content_filter": Trouble.MODERATION,
    "moderation_blocked": Trouble.MODERATION,
    "server_error": Trouble.OUTAGE,
}
_PARAMETERS = {"voice": Trouble.VOICE, "model": Trouble.MODEL}


def refusal(error: Exception) -> Refusal | None:
    """Return what an error means; None for one that is none of the SDK's."""
    if isinstance(error, APIStatusError):
        return _of_status(error)
    if isinstance(error, APIConnectionError):
        untrusted = is_untrusted(error)
        return Refusal(Trouble.TRUST if untrusted else Trouble.OUTAGE)
    if isinstance(error, APIError):
        return _of_code(error.code or error.type or "")
    return None


def of_error(about: Mapping[str, object], wait: float | None = None) -> Refusal:
    """Return what an error in the middle of a stream means.

    Args:
        about: its "code", "type" and "param".
        wait: seconds after which the service asks to come back, where it has said so.
    """
    code = str(about.get("code") or "")
    trouble = _CODES.get(code) or _PARAMETERS.get(str(about.get("param") or "").rpartition(".")[2])
    if trouble is None:
        return _of_code(code or str(about.get("type") or ""))
    return Refusal(trouble, code, wait if trouble is Trouble.BUSY else None)


def of_websocket(error: Exception) -> Refusal | None:
    """Return what an error of a WebSocket means; None for one that is none."""
    if isinstance(error, InvalidStatus):
        answer = error.response
        about = _body(answer.body)
        code = str(about.get("code") or "")
        trouble = _CODES.get(code) or trouble_of_status(answer.status_code)
        headers = {name.lower(): value for name, value in answer.headers.raw_items()}
        return Refusal(trouble, code or str(answer.status_code), retry_after(headers))
    if is_untrusted(error):
        return Refusal(Trouble.TRUST)
    if isinstance(error, WebSocketException | OSError | TimeoutError):
        return Refusal(Trouble.OUTAGE)
    return None


def _body(body: bytes | bytearray | None) -> Mapping[str, object]:
    """Return the error that the body of a refused handshake describes; nothing where it describes none."""
    try:
        found = json.loads(body or b"")
    except ValueError:
        return {}
    error = found.get("error") if isinstance(found, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _of_code(code: str) -> Refusal:
    return Refusal(_CODES.get(code, Trouble.OUTAGE), code)


def _of_status(error: APIStatusError) -> Refusal:
    code = _code(error)
    trouble = _CODES.get(code)
    if trouble is None and error.status_code in {400, 404, 422}:
        trouble = _PARAMETERS.get(error.param or "") or _guess(error)
    trouble = trouble or trouble_of_status(error.status_code)
    wait = retry_after(error.response.headers)
    if trouble is Trouble.OUTAGE and error.status_code == 503 and wait is not None:  # noqa: PLR2004
        trouble = Trouble.BUSY
    return Refusal(trouble, code or str(error.status_code), wait)


def _code(error: APIStatusError) -> str:
    """Return the error's code: OpenAI's, or that of servers on FastAPI, which put it into a "detail"."""
    detail = error.body.get("detail") if isinstance(error.body, Mapping) else None
    nested = detail.get("error") if isinstance(detail, Mapping) else None
    return str(nested or error.code or "")


def _guess(error: APIStatusError) -> Trouble | None:
    """Return what a server's sentence is about, where it has no code for it."""
    sentence = str(error.body).casefold()
    missing = any(words in sentence for words in ("not found", "does not exist", "unsupported", "unknown"))
    for word, trouble in (("voice", Trouble.VOICE), ("speaker", Trouble.VOICE), ("model", Trouble.MODEL)):
        if missing and word in sentence:
            return trouble
    return None
