"""Forms with a file in them, read as they arrive: what is long goes to the disk, and no more than is allowed.

`multipart/form-data` as in RFC 7578, read by Starlette's parser, which wants python-multipart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive, Scope

from parlando_edge.exchange import ClientGoneError, media_type_of, too_large
from parlando_kit.errors import ParlandoError, Reason

MEDIA_TYPE = "multipart/form-data"

_MOST_FIELDS = 32
_LONGEST_FIELD = 16 * 1024  # bytes of one that is no file


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was read.

    Attributes:
        texts: its fields; of those that come twice, the last.
        files: those that are files, likewise.
    """

    texts: dict[str, str]
    files: dict[str, UploadFile]


@asynccontextmanager
async def read_form(scope: Scope, receive: Receive, *, most: int, seconds: float) -> AsyncIterator[Form]:
    """Give a request's form; its files are gone when the context ends.

    Args:
        scope: of the request.
        receive: likewise.
        most: bytes of the whole body.
        seconds: that it may take to arrive.

    Raises:
        HTTPException: 415, it is no such form; 413, it is or says it is larger than `most`; 408, it takes
            longer.
        ParlandoError: MALFORMED_MESSAGE, it cannot be read.
        ClientGoneError: the client has left.
    """
    if media_type_of(scope) != MEDIA_TYPE:
        raise HTTPException(415, f"the body is no form: send {MEDIA_TYPE}")
    headers = Headers(scope=scope)
    stated = headers.get("content-length", "0")
    if not stated.isdigit() or int(stated) > most:
        raise too_large(most)
    parser = MultiPartParser(
        headers,
        _bounded(receive, most),
        max_files=1,
        max_fields=_MOST_FIELDS,
        max_part_size=_LONGEST_FIELD,
    )
    try:
        async with asyncio.timeout(seconds):
            data = await parser.parse()
    except MultiPartException as error:
        raise ParlandoError(
            Reason.MALFORMED_MESSAGE, f"the form cannot be read: {error.message.rstrip('.').lower()}"
        ) from None
    except UnicodeError:
        raise ParlandoError(
            Reason.MALFORMED_MESSAGE, "the form cannot be read: leave its charset out, or send what it says"
        ) from None
    except TimeoutError:
        raise HTTPException(408, f"the body did not arrive within {seconds:g} s") from None
    try:
        texts = {name: value for name, value in data.multi_items() if isinstance(value, str)}
        files = {name: value for name, value in data.multi_items() if isinstance(value, UploadFile)}
        yield Form(texts, files)
    finally:
        await data.close()


async def _bounded(receive: Receive, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body = message.get("body", b"")
        size += len(body)
        if size > most:
            raise too_large(most)
        yield body
        if not message.get("more_body", False):
            return
