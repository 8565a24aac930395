"""The text to speak, as it is written."""

from __future__ import annotations

import codecs
import os
from collections.abc import AsyncIterator
from functools import partial

from parlando_client.cli.detached import detached

_READ_BYTES = 65_536


async def given(text: str) -> AsyncIterator[str]:
    """Yield a text that is complete."""
    yield text


async def piped(descriptor: int) -> AsyncIterator[str]:
    """Yield what can be read from a descriptor as soon as it can, decoded from UTF-8.

    Bytes that are not UTF-8 become U+FFFD; a character cut in two by the pipe is put together again.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while data := await detached(partial(os.read, descriptor, _READ_BYTES)):
        if text := decoder.decode(data):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text
