"""`/v1/realtime`: a WebSocket that speaks OpenAI's Realtime protocol."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from parlando_edge.barge_in.room import Room
from parlando_edge.catalogue import Catalogue
from parlando_edge.dialogue import Dialogue
from parlando_edge.exchange import patient
from parlando_edge.gate import Gate, refuse
from parlando_edge.instruments import Instruments
from parlando_edge.json_fields import Fields
from parlando_edge.models import DEFAULT_MODEL
from parlando_edge.ports import Speaker
from parlando_edge.realtime.connection import RealtimeConnection
from parlando_edge.realtime.dialect import Beta, Dialect, Today
from parlando_edge.realtime.keeper import SessionKeeper
from parlando_edge.realtime.lifetime import Lifetime
from parlando_edge.realtime.protocol import RealtimeProtocol
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import SessionStore, Turn
from parlando_edge.settings import EdgeSettings
from parlando_edge.speech_request import LONGEST_NAME
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError

_log = logging.getLogger(__name__)

_FLUSH_SECONDS = 10.0
"""How long the session service may take, after the client has gone, for what is still to be kept."""

_GONE = (OSError, RuntimeError)
"""What uvicorn raises of a connection that is lost, and of one that it has closed by itself, perhaps before
`receive` tells of it: a message was too large, a frame was none, a ping had no answer."""

_SUBPROTOCOL = "realtime"
_BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
_BETA_HEADER, _BETA_VALUE = b"openai-beta", b"realtime=v1"


def _new_id(prefix: str) -> str:
    return f"{prefix}_{os.urandom(12).hex()}"


def _dialect(scope: Scope) -> Dialect:
    asked = b",".join(value for name, value in scope["headers"] if name == _BETA_HEADER)
    beta = _BETA_VALUE in asked or _BETA_SUBPROTOCOL in scope["subprotocols"]
    return Beta() if beta else Today()


class AsgiSocket:
    """A WebSocket over ASGI."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def receive(self) -> str | bytes | None:
        """Return the next message, or None once the client has gone."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        data: bytes | None = message.get("bytes")
        return text if text is not None else data

    async def send(self, text: str) -> None:
        """Send a message, unless the client has gone, which `receive` tells."""
        try:
            await self._send({"type": "websocket.send", "text": text})
        except _GONE:
            # A writer that comes back at once from a dead connection must not spin.
            await asyncio.Event().wait()

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, unless it is closed."""
        with suppress(*_GONE):
            await self._send({"type": "websocket.close", "code": code, "reason": reason})


class RealtimeEndpoint:
    """An ASGI application that serves WebSockets.

    Args:
        speaker: the router.
        store: the session service; where it does not answer, a connection has settings of its own.
        catalogue: resolves stock names of voices.
        dialogue: finds the words of responses.
        room: hears the clients' users.
        gate: tells when the service drains.
        settings: patience, and how long a session may last.
        clock: measures the first chunk.
        instruments: are told of it.
    """

    def __init__(
        self,
        *,
        speaker: Speaker,
        store: SessionStore,
        catalogue: Catalogue,
        dialogue: Dialogue,
        room: Room,
        gate: Gate,
        settings: EdgeSettings,
        clock: Clock,
        instruments: Instruments,
    ) -> None:
        self._speaker = speaker
        self._store = store
        self._catalogue = catalogue
        self._dialogue = dialogue
        self._room = room
        self._gate = gate
        self._settings = settings
        self._clock = clock
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until its client goes."""
        await receive()  # websocket.connect
        try:
            config, turns = await self._session(dict(parse_qsl(scope["query_string"].decode("latin-1"))))
        except ParlandoError as error:
            await refuse(error, scope, receive, send)
            return
        subprotocol = _SUBPROTOCOL if _SUBPROTOCOL in scope["subprotocols"] else None
        try:
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
        except OSError:  # it has gone already
            return
        keeper = SessionKeeper(self._store, config.id if config.stored else "", self._clock)
        socket = AsgiSocket(receive, patient(send, self._settings.reader_seconds))
        connection = RealtimeConnection(
            socket,
            RealtimeProtocol(config, _dialect(scope), _new_id, self._dialogue, turns),
            speaker=self._speaker,
            catalogue=self._catalogue,
            keeper=keeper,
            lifetime=Lifetime(
                self._clock, self._settings.longest_session_seconds, self._settings.idle_session_seconds
            ),
            room=self._room,
            clock=self._clock,
            instruments=self._instruments,
        )
        keeping = asyncio.create_task(keeper.run())
        try:
            await connection.run(self._gate.draining)
        except* ParlandoError as errors:
            _log.warning("a WebSocket was dropped: %s", errors.exceptions[0])
        finally:
            keeper.close()
            await asyncio.wait({keeping}, timeout=_FLUSH_SECONDS)
            if keeping.cancel():
                _log.warning("a session is not kept whole: its service did not take the rest in time")
            await asyncio.wait({keeping})

    async def _session(self, query: dict[str, str]) -> tuple[SessionConfig, Sequence[Turn]]:
        """Return the settings and the turns a connection begins with: those of `?session=`, or fresh ones.

        Raises:
            ParlandoError: the model's name is too long; the session that was asked for cannot be read.
        """
        model = Fields(query).text("model", DEFAULT_MODEL, longest=LONGEST_NAME)
        config = SessionConfig(_new_id("sess"), model=model, detector=self._room.detector)
        wanted = query.get("session")
        if wanted:
            kept = await self._store.read(wanted)
            turns = await self._store.turns(wanted)
            return replace(config.resumed(kept), id=wanted, stored=True), turns
        try:
            session_id = await self._store.create(config.settings, {"origin": "realtime"})
        except ParlandoError as error:
            _log.info("a session is not kept: %s", error.reason)
            return config, ()
        return replace(config, id=session_id, stored=True), ()
