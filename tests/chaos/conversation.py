"""A Realtime session as its client lives through it: settings, turns, and connections that come and go."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from tests.chaos.calls import BOUND_SECONDS, COMPLETED, Call, FailedError

LOST = (OSError, EOFError, WebSocketException)
"""What is raised where a connection is not there, or is no more."""

_SETTINGS = {
    "type": "realtime",
    "audio": {"output": {"voice": "alloy", "speed": 1.25}},
    "parlando": {"word_timestamps": True},
}
"""What a client sets once, when its session begins, and finds again whenever it comes back."""

_AGAIN_SECONDS = 0.1
_RESTART = 1012  # IANA's registry of close codes
_BYTES_A_SECOND = 48_000


SESSION = "a session"


@dataclass(frozen=True)
class Forgotten:
    """What was there and is not any more.

    Attributes:
        what: in words; SESSION, of which all else is gone with it.
        since: when it was made, of `time.monotonic`: a turn when it ended.
    """

    what: str
    since: float


@dataclass
class Conversation:
    """A Realtime session that outlives its connections.

    Attributes:
        session_id: of the session; "" before it has begun.
        spoken: the items that were spoken to their end, by id, and when that was: to be found in it later.
        since: when it began, of `time.monotonic`.
        lost: when those before it began, which were not there any more when their client came back.
        returns: how often it went on over another connection because its own was lost or closed.
        unset: when those began whose client came back and found other settings than its own.
    """

    address: str
    session_id: str = ""
    spoken: dict[str, tuple[str, float]] = field(default_factory=dict)
    since: float = 0.0
    lost: list[float] = field(default_factory=list)
    returns: int = 0
    unset: list[float] = field(default_factory=list)
    _settings: dict[str, Any] = field(default_factory=dict)
    _socket: ClientConnection | None = None

    async def socket(self) -> ClientConnection:
        """Return its connection; where there is none, connect, as often as it takes."""
        if self._socket is not None and self._socket.state is not State.OPEN:
            self._lose()  # it was closed while nobody spoke, and its client was told so then
        while self._socket is None:
            try:
                await self._connect()
            except LOST as error:
                answer = getattr(error, "response", None)
                if answer is not None and answer.status_code == 404:
                    self.lost.append(self.since)
                    self.session_id, self.spoken = "", {}
                await asyncio.sleep(_AGAIN_SECONDS)
        return self._socket

    async def _connect(self) -> None:
        query = f"?session={self.session_id}" if self.session_id else ""
        url = f"ws://{self.address}/v1/realtime{query}"
        socket = await connect(url, max_size=None, open_timeout=BOUND_SECONDS, ping_interval=None)
        created = json.loads(await socket.recv())
        begins = not self.session_id
        if not begins and created["session"] != self._settings:
            self.unset.append(self.since)
        if begins or created["session"] != self._settings:
            await socket.send(json.dumps({"type": "session.update", "session": _SETTINGS}))
            self._settings = json.loads(await socket.recv())["session"]
        if begins:
            self.since, self.session_id = time.monotonic(), created["session"]["id"]
        self._socket = socket

    def _lose(self) -> None:
        self._socket = None
        self.returns += 1

    async def hang_up(self) -> None:
        """Leave the connection; the session stays."""
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close()

    async def speak(self, call: Call) -> None:
        """Have an order spoken.

        A service that restarts closes connections on which nothing is spoken, and says so (1012): then a
        client connects again and asks again, as nothing was answered.

        Raises:
            FailedError: the response failed, or the connection was lost.
        """
        while True:
            socket = await self.socket()
            try:
                await self._respond(socket, call)
            except LOST as error:
                self._lose()
                if call.playback.first_at is None and _restarts(error):
                    continue
                raise FailedError("connection lost") from None
            else:
                return

    async def _respond(self, socket: ClientConnection, call: Call) -> None:
        content = [{"type": "input_text", "text": call.order.text}]
        item = {"type": "message", "role": "user", "content": content}
        await socket.send(json.dumps({"type": "response.create", "response": {"input": [item]}}))
        call.told.clear()
        while True:
            event = json.loads(await socket.recv())
            match event["type"]:
                case "response.output_audio.delta":
                    call.heard(len(base64.b64decode(event["delta"])) / _BYTES_A_SECOND)
                case "response.audio_timestamp.delta":
                    call.told.append((event["source_start"], event["source_end"]))
                case "error":
                    raise FailedError(str(event["error"]["code"]))
                case "response.done":
                    self._ended(event["response"])
                    return

    def _ended(self, response: Mapping[str, Any]) -> None:
        if response["status"] != COMPLETED:
            raise FailedError(str(response["status_details"]["error"]["code"]))
        now = time.monotonic()
        self.spoken |= {item["id"]: (item["content"][0]["transcript"], now) for item in response["output"]}

    async def forgotten(self, moment: float) -> list[Forgotten]:
        """Come back on a new connection, and return what is not there any more.

        Args:
            moment: sessions that began later do not count: one that is begun while the session service is
                away is not kept, and nobody promises that.
        """
        await self.hang_up()
        said = dict(self.spoken) if self.since < moment else {}
        socket = await self.socket()
        missing = []
        for item_id, (transcript, ended) in said.items():
            await socket.send(json.dumps({"type": "conversation.item.retrieve", "item_id": item_id}))
            answer = json.loads(await socket.recv())
            if answer["type"] == "error" or answer["item"]["content"][0]["transcript"] != transcript:
                missing.append(Forgotten(f"turn {item_id}", ended))
        missing += [Forgotten(SESSION, since) for since in self.lost if since < moment]
        return missing + [Forgotten("settings", since) for since in self.unset if since < moment]


def _restarts(error: Exception) -> bool:
    return isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == _RESTART
