"""What OpenAI's newer models send while they speak: server-sent events, of sound and of usage."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Any

from parlando_openai import refusals
from parlando_synth.remote.prices import Tariff
from parlando_synth.remote.trouble import Refusal, Trouble
from parlando_synth.remote.vendor import Said

_END_SECONDS = 0.5  # that the end of a stream may take to come, once all is said


class StreamError(Exception):
    """The server reports an error in the middle of a stream.

    Args:
        refusal: what it means.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.trouble.name)
        self.refusal = refusal


async def events(
    pieces: AsyncIterator[bytes], characters: int, tariff: Tariff | None
) -> AsyncGenerator[Said, None]:
    """Yield what events say.

    Args:
        pieces: of the answer.
        characters: of the text.
        tariff: what the usage costs that they report; None where it is not known.

    Raises:
        StreamError: they report an error, end too soon, or are none.
    """
    async with aclosing(_lines(pieces)) as lines:
        async for line in lines:
            if not line.startswith(b"data:"):
                continue
            event = _event(line[5:])
            match event.get("type"):
                case "speech.audio.delta":
                    yield _sound(event.get("audio"))
                case "speech.audio.done":
                    usage = event.get("usage")
                    if tariff is not None and isinstance(usage, Mapping):
                        text, audio = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
                        yield tariff.charge_for_tokens(characters, text, audio)
                    await _drain(lines)
                    return
                case "error":
                    error = event.get("error")
                    about = error if isinstance(error, Mapping) else {}
                    raise StreamError(refusals.of_error(about))
    raise StreamError(Refusal(Trouble.OUTAGE))  # cut off: whole streams end with "done"


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the lines of a stream, undecoded: the SDK's own are text, and JSON is read from bytes."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line


async def _drain(lines: AsyncIterator[bytes]) -> None:
    """Read a stream to its end, which is near: a connection that is not read up cannot be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            async for _ in lines:
                pass


def _event(data: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, Mapping):
        raise StreamError(Refusal(Trouble.OUTAGE))
    return event


def _sound(encoded: object) -> bytes:
    try:
        return base64.b64decode(str(encoded), validate=True)
    except binascii.Error:
        raise StreamError(Refusal(Trouble.OUTAGE)) from None
