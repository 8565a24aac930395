"""Voices that are made, changed and removed over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.datastructures import UploadFile
from starlette.types import Receive, Scope, Send

from parlando_edge.answer_models import VoiceRemovedAnswer
from parlando_edge.answers import json_answer
from parlando_edge.exchange import ClientGoneError, query_of, read_body
from parlando_edge.json_fields import parse_object
from parlando_edge.json_models import parse_model
from parlando_edge.ports import Voice
from parlando_edge.settings import EdgeSettings
from parlando_edge.voice_form import Form, read_form
from parlando_edge.voice_making import (
    VoiceChangeBody,
    VoiceForm,
    VoiceMaker,
    parsed_fields,
    require_one_source,
)
from parlando_edge.voices_endpoint import shown
from parlando_kit.errors import ParlandoError, Reason

MAX_UPLOADS = 4
"""Recordings that are received at a time: each may take its whole bound on the disk."""

_PIECE = 256 * 1024
_FILE = "audio_sample"


class VoiceMakingEndpoint:
    """Makes, changes and removes voices: three ASGI applications.

    Args:
        maker: carries it out.
        settings: bounds and patience.
    """

    def __init__(self, maker: VoiceMaker, settings: EdgeSettings) -> None:
        self._maker = maker
        self._settings = settings
        self._receiving = 0

    async def create(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make a voice from a form."""
        if self._receiving >= MAX_UPLOADS:
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{MAX_UPLOADS} recordings are being received already: try again later",
                retry_after=1.0,
            )
        most, seconds = self._settings.max_upload_bytes, self._settings.upload_seconds
        self._receiving += 1
        try:
            async with read_form(scope, receive, most=most, seconds=seconds) as form:
                made = await self._made(form)
        except ClientGoneError:
            return
        finally:
            self._receiving -= 1
        await json_answer(shown(made).model_dump())(scope, receive, send)

    async def _made(self, form: Form) -> Voice:
        strays = form.files.keys() - {_FILE}
        if strays:
            raise ParlandoError(Reason.OUT_OF_RANGE, f"only {_FILE} is a file: send the rest as text")
        texts = {name: value for name, value in form.texts.items() if name != _FILE}
        said = parse_model(parsed_fields(texts), VoiceForm)
        file = form.files.get(_FILE)
        require_one_source(said, recorded=file is not None)
        if file is None:
            return await self._maker.mix(said)
        return await self._maker.clone(said, _pieces(file))

    async def change(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change what is said of a voice."""
        try:
            body = await read_body(
                scope, receive, most=self._settings.max_body_bytes, seconds=self._settings.reader_seconds
            )
        except ClientGoneError:
            return
        said = parse_model(parse_object(body), VoiceChangeBody)
        changed = await self._maker.change(*_named(scope), said)
        await json_answer(shown(changed).model_dump())(scope, receive, send)

    async def remove(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Remove a voice."""
        engine, voice = _named(scope)
        await self._maker.remove(engine, voice)
        await json_answer(VoiceRemovedAnswer(id=voice).model_dump())(scope, receive, send)


def _named(scope: Scope) -> tuple[str, str]:
    """Return the engine, "" for the one that has the voice, and the voice that a request is about."""
    return query_of(scope).get("engine", ""), scope["path_params"]["voice"]


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
