"""What one synthesis has made and its reader has not taken yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.events import Audio, Progress, Words
from parlando_synth.order import Begun, Finished, Samples, Together
from parlando_synth.shelf import Shelf

MESSAGE_MS = 1_000
"""Milliseconds of audio up to which pieces are joined. A piece of more than twice that is cut."""

_Event = Begun | Audio | Words | Progress | Finished
_PLACES: dict[type, int] = {Begun: 0, Audio: 1, Samples: 1, Words: 2, Progress: 3, Finished: 4}
"""Places of outputs among those that are given out together."""


class Outbox:
    """Outputs on their way to one reader: the writer never waits, and the reader gets what piled up.

    A message costs far more than a byte, so what is there together is given out together, at most one
    output of a kind. The first audio goes out as it came, with the word that it has begun. After that,
    what has piled up is joined, up to `MESSAGE_MS`; words follow the audio they time.

    Args:
        shelf: bounds what piles up, here and in every other outbox.
        on_first_audio: called when the first audio is given out.
    """

    def __init__(self, shelf: Shelf, on_first_audio: Callable[[], None]) -> None:
        self._shelf = shelf
        self._on_first_audio = on_first_audio
        self._events: deque[_Event] = deque()
        self._rate = 0
        self._taken = 0  # samples
        self._closed = False
        self._given_up: ParlandoError | None = None
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, begun: Begun) -> None:
        """Put the first output, which states the sample rate of all audio."""
        self._rate = begun.sample_rate_hz
        self.put(begun)

    def put(self, event: _Event) -> None:
        """Append an event; it is lost if the outbox is closed.

        Raises:
            ParlandoError: SLOW_READER: too much audio has piled up, most of it here.
        """
        if not self._closed:
            self._events.append(event)
            if isinstance(event, Audio):
                self._shelf.put(self, self._seconds(event.pcm))
            self._wake()
        if self._given_up is not None:
            raise self._given_up

    def close(self, error: Exception | None = None, *, discard: bool = False) -> None:
        """Take nothing more. The reader gets what is left, or nothing with `discard`, then `error`.

        A second close changes nothing, unless it discards.
        """
        if self._closed and not (discard and self._events):
            return
        self._closed = True
        self._error = error
        if discard:
            self._events.clear()
            self._shelf.clear(self)
        self._wake()

    def give_up(self) -> None:
        """Discard everything, for the reader is too slow; the writer is told at its next event."""
        self._given_up = ParlandoError(
            Reason.SLOW_READER,
            f"more than {self._shelf.max_unread:g} s of audio were made and not read, most of it here: "
            "read faster, or send shorter texts",
        )
        self.close(self._given_up, discard=True)

    def __aiter__(self) -> Outbox:
        return self

    async def __anext__(self) -> Together:
        """Return the next outputs, waiting for one; never the first alone, which says nothing yet.

        Raises:
            StopAsyncIteration: the outbox is closed and empty.
            Exception: what it was closed with, once it is empty.
        """
        together: Together = []
        while not together or (len(together) == 1 and isinstance(together[0], Begun)):
            await self._filled()
            while self._events and (
                not together or _PLACES[type(together[-1])] < _PLACES[type(self._events[0])]
            ):
                event = self._events.popleft()
                together.append(self._joined(event) if isinstance(event, Audio) else event)
        return together

    async def _filled(self) -> None:
        while not self._events:
            if self._closed:
                self._shelf.clear(self)
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def _joined(self, audio: Audio) -> Samples:
        if not self._taken:
            self._on_first_audio()
        limit = 2 * (self._rate * MESSAGE_MS // 1000)
        pcm = audio.pcm
        if len(pcm) > 2 * limit:
            self._events.appendleft(Audio(pcm[limit:]))
            pcm = pcm[:limit]
        elif self._taken:
            pcm = self._gathered(pcm, limit)
        samples = Samples(pcm, self._taken)
        self._taken += len(pcm) // 2
        self._shelf.take(self, self._seconds(pcm))
        return samples

    def _gathered(self, pcm: bytes, limit: int) -> bytes:
        """Return `pcm` with the audio after it, up to the limit, and put what lay between behind it."""
        pieces, size = [pcm], len(pcm)
        words: list[Words] = []
        progress: Progress | None = None
        while self._events:
            event = self._events[0]
            if isinstance(event, Audio):
                if size + len(event.pcm) > limit:
                    break
                pieces.append(event.pcm)
                size += len(event.pcm)
            elif isinstance(event, Words):
                words.append(event)
            elif isinstance(event, Progress):
                progress = event
            else:
                break
            self._events.popleft()
        if progress is not None:
            self._events.appendleft(progress)
        if words:
            self._events.appendleft(Words(tuple(word for event in words for word in event.words)))
        return b"".join(pieces)

    def _seconds(self, pcm: bytes) -> float:
        return len(pcm) / 2 / self._rate

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
