"""Realtime over WebSocket, with picows: no client library stands between the socket and the clock."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Sequence
from typing import Any

import orjson
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from load.plan import Conduct, Order
from load.take import Take

PCM_BYTES_A_SECOND = 48_000
_READ_BUFFER_BYTES = 4_096  # of thousands of connections
_OPEN_SECONDS = 30.0
_PATIENCE_SECONDS = 60.0
_APPEND_BYTES = PCM_BYTES_A_SECOND // 50  # 20 ms
_BARGE_IN_AFTER = 0.5
"""Seconds after which the user of a response speaks over it."""

_SILENT_SECONDS = 1.0
"""Of the microphone, once the user has been noticed: longer than it takes until a turn is over."""


class ConnectionLostError(Exception):
    """The connection ended, or was refused."""


class Line(WSListener):
    """One Realtime connection, with at most one order under way.

    Attributes:
        session_id: of the session, once it is open.
        opened: done once it is.
        lost: fails once the connection has ended.
        strays: pieces of sound that came with no order under way, or of another one's response.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.session_id = ""
        self.strays = 0
        self.lost = loop.create_future()
        self.opened = loop.create_future()
        self._transport: WSTransport | None = None
        self._take: Take | None = None
        self._response_id = ""
        self._over: asyncio.Future[None] | None = None
        self._stopped: asyncio.Future[None] | None = None
        self._began_to_speak: float | None = None
        self._noticed = False
        self._engine = ""

    @classmethod
    async def open(cls, address: str, session_id: str = "") -> Line:
        """Connect, and return once the session has begun.

        Args:
            address: "host:port".
            session_id: a session to go on with; "" begins one.

        Raises:
            OSError, ConnectionLostError, TimeoutError: it cannot be had.
        """
        query = f"?session={session_id}" if session_id else ""
        async with asyncio.timeout(_OPEN_SECONDS):
            url = f"ws://{address}/v1/realtime{query}"
            try:
                _, line = await ws_connect(cls, url, read_buffer_init_size=_READ_BUFFER_BYTES)
            except WSError as error:
                raise ConnectionLostError(str(error)) from error
            assert isinstance(line, cls)  # noqa: S101  # it is what was to be made
            try:
                await line.opened
            except BaseException:
                line.close()
                raise
        return line

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_disconnected(self, _: WSTransport) -> None:
        """End what is under way."""
        for future in (self.lost, self.opened, self._over, self._stopped):
            if future is not None and not future.done():
                future.set_exception(ConnectionLostError())
                future.exception()  # somebody may never ask
        if self._take is not None:
            self._take.ended(time.perf_counter(), "connection lost")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take an event."""
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        now = time.perf_counter()
        self._take_event(orjson.loads(frame.get_payload_as_memoryview()), now)

    # What happens

    def _take_event(self, event: dict[str, Any], now: float) -> None:
        take = self._take
        match event["type"]:
            case "session.created":
                self.session_id = event["session"]["id"]
                self.opened.set_result(None)
            case "response.created":
                self._response_id = event["response"]["id"]
            case "response.output_audio.delta":
                self._hear(event, now)
            case "response.done" if take is not None:
                self._end(now, _status(event["response"]))
            case "error" if take is not None:
                error = event["error"]
                if error["code"] != "response_cancel_not_active":
                    self._end(now, str(error["code"]))
                elif error["event_id"] == _cancel_id(take):  # else of an earlier one, which had been refused
                    take.all_was_sent(now)
                    _done(self._stopped)
            case "input_audio_buffer.speech_started" if take is not None and not self._noticed:
                self._noticed = True
                if self._began_to_speak is not None:
                    take.noticed(now - self._began_to_speak)

    def _hear(self, event: dict[str, Any], now: float) -> None:
        take = self._take
        if take is None or take.over or event["response_id"] != self._response_id:
            self.strays += 1
            return
        # Base64: each four characters are three bytes, less its padding.
        delta: str = event["delta"]
        size = len(delta) // 4 * 3 - delta.count("=", -2)
        take.heard(now, size / PCM_BYTES_A_SECOND)

    def _end(self, now: float, status: str) -> None:
        if self._take is not None:
            self._take.ended(now, status)
        _done(self._over)
        if status != "completed":
            _done(self._stopped)

    def _send(self, kind: str, **fields: Any) -> None:
        if self._transport is None or self._transport.is_disconnected:
            raise ConnectionLostError
        self._transport.send(WSMsgType.TEXT, orjson.dumps({"type": kind, **fields}))

    # What a caller does

    async def speak(self, take: Take, sound: Sequence[bytes]) -> None:
        """Have an order spoken, behave as it says, and return once it is played to its end, or cancelled.

        Args:
            take: the order.
            sound: what a user says, 20 ms a piece.

        Raises:
            ConnectionLostError, TimeoutError: no end came.
        """
        loop = asyncio.get_running_loop()
        self._take, self._over, self._stopped = take, loop.create_future(), loop.create_future()
        self._noticed, self._began_to_speak = False, None
        self._response_id = ""
        if take.order.engine != self._engine:
            self._engine = take.order.engine
            self._send("session.update", session={"type": "realtime", "parlando": {"engine": self._engine}})
        self._send("response.create", response=_response(take.order))
        take.sent(time.perf_counter())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS + take.order.seconds):
                await self._behave(take, sound)
                await self._over
        finally:
            self._take = None
        if not take.cancelled:
            await asyncio.sleep(max(take.playback.until - time.perf_counter(), 0.0))

    async def _behave(self, take: Take, sound: Sequence[bytes]) -> None:
        order = take.order
        if order.cancel_after is not None:
            await self._cancel(take, take.due + order.cancel_after)
        elif order.conduct is Conduct.STALL and self._transport is not None:
            self._transport.underlying_transport.pause_reading()
            await asyncio.sleep(order.stall_seconds)
            self._transport.underlying_transport.resume_reading()
        elif order.conduct is Conduct.BARGE_IN:
            await self._barge_in(take, sound)

    async def _cancel(self, take: Take, due: float) -> None:
        """Cancel at a moment what is waited for or listened to then, and return once that is answered.

        Who listens cannot know whether all has been sent, and cancels in either case.
        """
        if await self._over_by(due) and take.hears(due):
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
        if take.hears(due):
            take.cancel(due)
            self._send("response.cancel", event_id=_cancel_id(take))
            if self._stopped is not None:
                await self._stopped
        elif take.completed:
            take.cancel_too_late()

    async def _barge_in(self, take: Take, sound: Sequence[bytes]) -> None:
        """Speak over the response, at the speed of speech, until it ends, and be silent then."""
        if await self._over_by(time.perf_counter() + _BARGE_IN_AFTER):
            return
        due = self._began_to_speak = time.perf_counter()
        take.cancel(due)
        for piece in sound:
            self._append(piece)
            due += len(piece) / PCM_BYTES_A_SECOND
            if await self._over_by(due):
                break
        else:
            if not self._noticed:
                take.unnoticed()
        self._append(bytes(round(_SILENT_SECONDS * PCM_BYTES_A_SECOND)))  # or the next begins in this turn

    def _append(self, sound: bytes) -> None:
        self._send("input_audio_buffer.append", audio=base64.b64encode(sound).decode())

    async def _over_by(self, due: float) -> bool:
        """Wait until a moment, or until the order is over; return whether it is."""
        if self._over is None:
            return True
        await asyncio.wait({self._over}, timeout=max(due - time.perf_counter(), 0.0))
        return self._over.done()


def pieces(sound: bytes) -> list[bytes]:
    """Return PCM in pieces of 20 ms, as a microphone gives it."""
    return [sound[start : start + _APPEND_BYTES] for start in range(0, len(sound), _APPEND_BYTES)]


def _response(order: Order) -> dict[str, Any]:
    content = [{"type": "input_text", "text": order.text}]
    return {"input": [{"type": "message", "role": "user", "content": content}]}


def _cancel_id(take: Take) -> str:
    return f"cancel_{take.order.number}"


def _done(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _status(response: dict[str, Any]) -> str:
    status = str(response["status"])
    return str(response["status_details"]["error"]["code"]) if status == "failed" else status
