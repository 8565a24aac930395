"""MP3, Opus, AAC and FLAC by PyAV, as they come. Imported once a format asks for it: it costs 30 MB."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import av

from parlando_kit.tasks import finish
from parlando_openai.formats import UndecodableError, WireFormat
from parlando_synth.remote.vendor import Exchange, Said

_DEMUXERS = {
    WireFormat.MP3: "mp3",
    WireFormat.OPUS: "ogg",
    WireFormat.AAC: "aac",
    WireFormat.FLAC: "flac",
}
# FFmpeg is to guess from this little: its usual 5 MB and 5 s would be all of an answer.
_OPENING = {"probesize": "512", "analyzeduration": "0"}
_BUFFER = 4_096  # bytes that it asks for at a time
_MOST_BROKEN = 3  # packets in a row that are left out, as where one file ends in an answer and another begins

_Sound = list[tuple[int, bytes]]
"""Pieces of PCM, each behind its sample rate in hertz."""


async def decoded(
    said: AsyncGenerator[Said, None], form: WireFormat, exchange: Exchange
) -> AsyncGenerator[Said, None]:
    """Yield an answer with PCM in place of its sound, whose rate is noted in `exchange`.

    Raises:
        UndecodableError: the sound is not of the format.
    """
    decoder = _Decoder(form)
    try:
        async with aclosing(said):
            async for item in said:
                if not isinstance(item, bytes):
                    yield item
                    continue
                for rate, pcm in await decoder.feed(item) if item else ():
                    exchange.rate = rate
                    yield pcm
        for rate, pcm in await decoder.feed(b""):
            exchange.rate = rate
            yield pcm
    finally:
        await decoder.close()


class _Decoder:
    """FFmpeg on a thread of its own: it asks for bytes when it wants them, and blocks until it has them.

    It is at work only while `feed` waits for it: nothing is gathered on either side.
    """

    def __init__(self, form: WireFormat) -> None:
        self._loop = asyncio.get_running_loop()
        self._given = threading.Condition()
        self._piece, self._last = b"", False
        self._anything = self._ended = False
        self._wanted = asyncio.Event()  # the thread waits for a piece, or is over
        self._made: _Sound = []
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="decoder")
        self._over = self._loop.run_in_executor(self._threads, self._run, form)

    async def feed(self, piece: bytes) -> _Sound:
        """Give a piece, or b"" at the end; return the sound that is known now."""
        await self._wanted.wait()
        if not self._ended:
            self._wanted.clear()
            self._give(piece, last=not piece)
            await self._wanted.wait()
        if self._ended:
            await asyncio.wait({self._over})  # to wait for it alone would let a cancel cancel it
            self._over.result()
        made, self._made = self._made, []
        return made

    async def close(self) -> None:
        """End the thread, whatever it waits for."""
        self._give(b"", last=True)
        await finish(asyncio.wait({self._over}))
        self._over.exception()  # it was told, or nobody is left to hear of it
        self._threads.shutdown(wait=False)

    def read(self, size: int) -> bytes:
        """Return bytes for FFmpeg, b"" at the end. On its thread."""
        with self._given:
            if not self._piece and not self._last:
                self._loop.call_soon_threadsafe(self._wanted.set)
                self._given.wait_for(lambda: self._piece or self._last)
            taken, self._piece = self._piece[:size], self._piece[size:]
        self._anything = self._anything or bool(taken)
        return taken

    def _give(self, piece: bytes, *, last: bool) -> None:
        with self._given:
            self._piece, self._last = piece, last
            self._given.notify()

    def _run(self, form: WireFormat) -> None:
        try:
            for sound in self._decoded(form):
                self._made.append(sound)
        except (av.FFmpegError, ValueError):
            if self._anything:  # without a byte it is an answer without sound
                raise UndecodableError from None
        finally:
            self._ended = True
            self._loop.call_soon_threadsafe(self._wanted.set)

    def _decoded(self, form: WireFormat) -> Iterator[tuple[int, bytes]]:
        mono = av.AudioResampler(format="s16", layout="mono")
        broken = 0
        with av.open(self, "r", format=_DEMUXERS[form], options=_OPENING, buffer_size=_BUFFER) as container:
            for packet in container.demux(audio=0):
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    broken += 1
                    if broken > _MOST_BROKEN:
                        raise
                    continue
                broken = 0
                for frame in frames:
                    for plain in mono.resample(frame):
                        yield plain.sample_rate, bytes(plain.planes[0])[: 2 * plain.samples]
