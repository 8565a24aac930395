"""Where speech goes: a file, standard output, or a sound device."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from pathlib import Path
from typing import Protocol

from parlando_client.cli import wav
from parlando_client.cli.detached import detached
from parlando_client.cli.failure import Failure
from parlando_client.cli.playback import PlaybackClock, Player

_SAMPLE_BYTES = 2


class Sink(Protocol):
    """Takes signed 16-bit samples, one channel. `begin`, then `write` again and again, then `finish`."""

    async def begin(self, sample_rate_hz: int) -> None:
        """Open, at a rate."""

    async def write(self, pcm: bytes) -> None:
        """Take samples, waiting for room."""

    async def finish(self) -> None:
        """Return once everything is written or played. Also after `abort`."""

    def abort(self) -> None:
        """Take no more, and be silent at once."""

    def position(self) -> int:
        """Return how many samples were played; 0 where nothing is."""


class FileSink:
    """A WAV file with an exact header, also where speech ends early; none where it never begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: wav.WavFile | None = None
        self._aborted = False

    async def begin(self, sample_rate_hz: int) -> None:
        """Create the file."""
        self._file = await detached(partial(wav.WavFile, self._path, sample_rate_hz))

    async def write(self, pcm: bytes) -> None:
        """Append samples."""
        if self._file is not None and not self._aborted:
            await detached(partial(self._file.write, pcm))

    async def finish(self) -> None:
        """Complete the file."""
        if self._file is not None:
            await detached(self._file.close)

    def abort(self) -> None:
        """Take no more."""
        self._aborted = True

    def position(self) -> int:
        """Return 0: nothing is played."""
        return 0


class StreamSink:
    """A WAV stream of unknown length into a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._aborted = False

    async def begin(self, sample_rate_hz: int) -> None:
        """Write the header."""
        await self.write(wav.header(sample_rate_hz))

    async def write(self, pcm: bytes) -> None:
        """Write samples, as slowly as the reader takes them."""
        left = memoryview(pcm)
        while left and not self._aborted:
            left = left[await detached(partial(os.write, self._descriptor, left)) :]

    async def finish(self) -> None:
        """Return at once: everything is written."""

    def abort(self) -> None:
        """Take no more."""
        self._aborted = True

    def position(self) -> int:
        """Return 0: nothing is played."""
        return 0


class PlayerSink:
    """A program that plays. What it has not played yet waits here: the router bounds how much that is."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._process: asyncio.subprocess.Process | None = None
        self._clock: PlaybackClock | None = None
        self._aborted = False

    async def begin(self, sample_rate_hz: int) -> None:
        """Start the program."""
        self._process = await asyncio.create_subprocess_exec(
            *self._player.command(sample_rate_hz),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # or the terminal's Ctrl-C would reach it first
        )
        self._clock = PlaybackClock(sample_rate_hz)

    async def write(self, pcm: bytes) -> None:
        """Hand over samples."""
        process, clock = self._process, self._clock
        if process is None or clock is None or self._aborted:
            return
        if process.returncode is not None:
            raise self._stopped(process.returncode)
        assert process.stdin is not None  # noqa: S101  # it was asked for
        process.stdin.write(pcm)
        clock.add(len(pcm) // _SAMPLE_BYTES, time.monotonic())

    async def finish(self) -> None:
        """Return once everything is played."""
        process, clock = self._process, self._clock
        if process is None or clock is None:
            return
        assert process.stdin is not None  # noqa: S101  # it was asked for
        process.stdin.close()
        status = await process.wait()
        if self._aborted:
            return
        if status:
            raise self._stopped(status)
        clock.complete()

    def abort(self) -> None:
        """End the program."""
        self._aborted = True
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def position(self) -> int:
        """Return how many samples were played."""
        return 0 if self._clock is None else self._clock.position(time.monotonic())

    def _stopped(self, status: int) -> Failure:
        return Failure(f"{self._player.program} ended with status {status}: write a file with -o speech.wav")
