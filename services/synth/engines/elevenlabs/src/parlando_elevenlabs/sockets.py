"""WebSockets kept open between jobs, by what is asked in their address: voice, language, seed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode
from weakref import WeakValueDictionary

from pydantic import SecretStr

from parlando_elevenlabs.socket import Socket

_INACTIVITY_SECONDS = 180  # after which the service closes what nobody uses; the longest it takes

Question = tuple[str, tuple[tuple[str, str], ...]]
"""A voice, and the further parameters of its address."""


class Sockets:
    """Gives out connections: those that are there already, where it can be.

    Args:
        base_url: of the service.
        key: of the account.
        parameters: of every address.
        most: connections that are kept.
        seconds: that a connection may take.
    """

    def __init__(
        self, base_url: str, key: SecretStr, parameters: Mapping[str, str], *, most: int, seconds: float
    ) -> None:
        self._base_url = base_url.replace("http", "ws", 1)  # https becomes wss
        self._key = key
        self._parameters = {**parameters, "inactivity_timeout": str(_INACTIVITY_SECONDS)}
        self._most = most
        self._seconds = seconds
        self._connecting: WeakValueDictionary[Question, asyncio.Lock] = WeakValueDictionary()
        self._opening = 0
        self._open: dict[Socket, Question] = {}  # the one used last comes last
        self._last: Question | None = None

    async def for_voice(self, voice: str, own: Mapping[str, str]) -> Socket:
        """Return a connection that takes another context.

        Args:
            voice: id of the voice.
            own: further parameters of the address.
        """
        self._last = question = (voice, tuple(sorted(own.items())))
        return await self._for(question)

    async def warm(self) -> None:
        """Open a connection for what was asked for last, where the service has closed it."""
        if self._last is not None:
            await self._for(self._last)

    async def close(self) -> None:
        """Close all."""
        await self._drop(list(self._open))

    async def _for(self, question: Question) -> Socket:
        # All who come at once for one voice would each get a connection; another voice waits for none of it.
        connecting = self._connecting.setdefault(question, asyncio.Lock())
        async with connecting:
            await self._drop([socket for socket in self._open if socket.gone])
            for socket, asked in self._open.items():
                if asked == question and socket.usable:
                    self._open[socket] = self._open.pop(socket)  # it was used last now
                    socket.kept = True
                    return socket
            self._opening += 1
            try:
                idle = [socket for socket in self._open if socket.idle]
                await self._drop(idle[: max(len(self._open) + self._opening - self._most, 0)])
                key = self._key.get_secret_value()
                socket = await Socket.open(self._address(question), key, self._seconds)
            finally:
                self._opening -= 1
            self._open[socket] = question
            return socket

    async def _drop(self, sockets: Sequence[Socket]) -> None:
        for socket in sockets:  # nobody else is to find them while they close
            self._open.pop(socket, None)
        for socket in sockets:
            await socket.close()

    def _address(self, question: Question) -> str:
        voice, own = question
        query = urlencode({**self._parameters, **dict(own)})
        return f"{self._base_url}/v1/text-to-speech/{quote(voice, safe='')}/multi-stream-input?{query}"
