"""What local servers that speak a vendor's wire protocol have in common: for tests and benchmarks alone."""

from __future__ import annotations

import asyncio
import math
import ssl
import threading
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from functools import cache
from typing import TypeVar

T = TypeVar("T")

SECONDS_PER_CODE_POINT = 0.03

_TONE_HZ = 200


class Fault(Enum):
    """What goes wrong with a request, as a vendor's service or the network between may have it."""

    NONE = auto()
    BUSY = auto()  # refused, with `LocalService.retry_after` to come back
    ERROR = auto()  # the service's own
    HANG_BEFORE = auto()  # nothing is ever said
    HANG_MIDDLE = auto()  # some sound, and then nothing
    CUT = auto()  # some sound, and the connection is gone
    GARBAGE = auto()  # bytes that are no sound
    WRONG_RATE = auto()  # another sample rate, which the answer states
    EMPTY = auto()  # it ends well, without sound
    KEY = auto()
    QUOTA = auto()
    VOICE = auto()
    MODEL = auto()
    LENGTH = auto()
    MODERATION = auto()


class LocalService(ABC):
    """A server on a thread and a loop of its own, as a vendor's is on a machine of its own.

    Attributes:
        fault: what goes wrong with the requests to come.
        times: how many requests it goes wrong with; None: all.
        retry_after: seconds to come back after, where the fault is BUSY.
        pause: seconds between two pieces of sound.
        asked: requests for speech so far.
        texts: what they asked to be spoken.
        listed: requests for a list of voices so far.
        lists: whether those are answered; where not, as the fault ERROR is.
        newcomer: id of a voice that is listed as well, where one is set.
        key: the key that the last of them came with.
        ended: when the last of them ended, in seconds of the machine's monotonic clock.
        port: where it listens, on 127.0.0.1.
        tls: what it is to speak TLS with, or None.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.fault = Fault.NONE
        self.times: int | None = None
        self.retry_after = 0.0
        self.pause = 0.002
        self.asked = self.listed = 0
        self.texts: list[str] = []
        self.lists = True
        self.newcomer = ""
        self.key = ""
        self.ended = 0.0
        self.port = 0
        self.tls = tls
        self._live = 0
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @abstractmethod
    async def open(self, tls: ssl.SSLContext | None) -> int:
        """Listen on 127.0.0.1; return the port."""

    @abstractmethod
    async def shut(self) -> None:
        """End it all."""

    @abstractmethod
    def transports(self) -> Sequence[asyncio.BaseTransport]:
        """Return the connections of clients that there are; on the server's own loop."""

    def connected(self) -> int:
        """Return how many connections of clients there are that are not being closed."""
        return self._on_loop(lambda: sum(not transport.is_closing() for transport in self.transports()))

    def drop(self) -> None:
        """Close all connections, as a service does with those that nobody uses."""

        def close() -> None:
            for transport in self.transports():
                transport.close()

        self._on_loop(close)

    def outwait(self) -> None:
        """Do what the service does with who sends nothing for as long as it waits: leave them, at least."""
        self.drop()

    def _on_loop(self, call: Callable[[], T]) -> T:
        async def called() -> T:
            return call()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self.open(self.tls), self._loop).result()

    def stop(self) -> None:
        """End the server and its thread."""
        asyncio.run_coroutine_threadsafe(self.shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def mend(self) -> None:
        """Let nothing go wrong with the requests to come, and forget those that came."""
        self.fault, self.times, self.retry_after, self.pause = Fault.NONE, None, 0.0, 0.002
        self.asked, self.texts, self.key = 0, [], ""
        self.lists, self.newcomer = True, ""

    @contextmanager
    def request(self, key: str, text: str) -> Iterator[Fault]:
        """Count a request for speech as live while the block lasts; yields what goes wrong with it."""
        with self._changed:
            self.asked += 1
            self.texts.append(text)
            self.key = key
            self._live += 1
            self._changed.notify_all()
            wrong = self.times is None or self.asked <= self.times
        try:
            yield self.fault if wrong else Fault.NONE
        finally:
            with self._changed:
                self.ended = time.monotonic()
                self._live -= 1
                self._changed.notify_all()

    def wait_until_asked(self) -> None:
        """Return once there was a request for speech. Blocks."""
        with self._changed:
            self._changed.wait_for(lambda: self.asked > 0)

    def wait_until_idle(self, seconds: float) -> bool:
        """Return whether every request ends within some seconds. Blocks."""
        with self._changed:
            return self._changed.wait_for(lambda: self._live == 0, seconds)


def speech(text: str, rate: int, speed: float = 1.0) -> bytes:
    """Return the sound of a text: a tone, in signed 16-bit little-endian PCM of one channel.

    Args:
        text: what is spoken; a code point lasts `SECONDS_PER_CODE_POINT`.
        rate: sample rate in hertz.
        speed: of speech.
    """
    samples = round(len(text) * SECONDS_PER_CODE_POINT * rate / speed)
    second = _tone(rate)
    return (second * (samples // rate + 1))[: 2 * samples]


def pieces(sound: bytes, size: int = 9_999) -> Iterator[bytes]:
    """Yield sound in pieces that break samples in the middle, as networks do."""
    for at in range(0, len(sound), size):
        yield sound[at : at + size]


@cache
def _tone(rate: int) -> bytes:
    step = 2 * math.pi * _TONE_HZ / rate
    return array("h", [round(9_000 * math.sin(step * n)) for n in range(rate)]).tobytes()
