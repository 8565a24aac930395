"""The engine's end of a process that speaks (`voicebox`)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import deque
from collections.abc import AsyncGenerator

from parlando_espeak.wire import (
    STOP,
    Frame,
    FrameKind,
    Greeting,
    Utterance,
    greeting_of,
    pack_utterance,
    take_frame,
)
from parlando_kit import scheduling
from parlando_kit.tasks import finish
from parlando_synth.stop_flag import StopFlag

STALLED_AFTER = 10.0
"""Seconds without a frame after which a process counts as hung. It makes audio a thousand times faster than
it plays, and pauses only to read the next clause."""

_MODULE = "parlando_espeak.voicebox"


class ProcessLost(Exception):  # noqa: N818  # it is what happened, and is dealt with
    """The process ended, or hung and was ended. The next text starts a new one."""


class TextRefused(Exception):  # noqa: N818  # likewise
    """The library would not begin: its voice is missing or broken."""


class SpeakingProcess:
    """A process with a copy of the library, started anew after it was lost. For one text at a time.

    Args:
        library: path of the shared library.
        data: folder of its voices and dictionaries.
        stalled_after: seconds without a frame after which the process counts as hung.
    """

    def __init__(self, library: str, data: str, *, stalled_after: float = STALLED_AFTER) -> None:
        self._command = (sys.executable, "-I", "-m", _MODULE, library, data)
        self._stalled_after = stalled_after
        self._running: _Running | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        return None if self._running is None else self._running.pid

    async def start(self) -> Greeting:
        """Start the process, and return what its library is.

        Raises:
            ProcessLost: it does not start.
        """
        if self._running is not None:
            self._drop(self._running)
        if self._closed:
            raise ProcessLost
        running = self._running = _Running(self._command, self._stalled_after)
        try:
            await running.listen()
            greeting = await running.next()
        except BaseException:
            self._drop(running)
            raise
        return greeting_of(greeting)

    async def speak(self, utterance: Utterance, stop: StopFlag) -> AsyncGenerator[Frame, None]:
        """Have a text spoken, and yield its frames of audio as they come, none once it is to stop.

        When it ends, or is closed, the process waits for the next text.

        Raises:
            ProcessLost: the process ended before the text did.
            TextRefused: the library would not begin.
        """
        if self._running is None or self._running.lost:
            await self.start()
        running = self._running
        assert running is not None  # noqa: S101  # it has been started
        speech = _Speech(running)
        try:
            running.send(pack_utterance(utterance))
            stop.on_set(speech.stop)
            while (frame := await speech.next()) is not None:
                if not stop.requested:
                    yield frame
            if speech.refused:
                raise TextRefused
        finally:
            if not speech.over:
                speech.stop()
                await finish(speech.rest())
            if running.lost:
                self._drop(running)

    def close(self) -> None:
        """End the process; no other is started."""
        self._closed = True
        if self._running is not None:
            self._drop(self._running)

    def _drop(self, running: _Running) -> None:
        running.close()
        if self._running is running:
            self._running = None


class _Speech:
    """One text that a process speaks.

    Attributes:
        over: nothing more will come of it.
        refused: the library would not begin.
    """

    def __init__(self, running: _Running) -> None:
        self._running = running
        self.over = self.refused = False

    def stop(self) -> None:
        """Have the process speak no further. Another text, that it may speak by now, is never meant."""
        if not self.over:
            self._running.send(STOP)

    async def next(self) -> Frame | None:
        """Return the next frame of audio; None at the end. ProcessLost where it will not come."""
        try:
            frame = await self._running.next()
        except ProcessLost:
            self.over = True
            raise
        if frame.kind is FrameKind.AUDIO:
            return frame
        self.over, self.refused = True, frame.kind is FrameKind.REFUSED
        return None

    async def rest(self) -> None:
        """Read to the end, so that what is still said is not taken for the next text."""
        try:
            while await self.next() is not None:
                pass
        except ProcessLost:
            pass


class _Running(asyncio.Protocol):
    """A process, what it has said, and who waits for more.

    It is killed when it says nothing for too long while somebody waits.

    Attributes:
        pid: its id.
        lost: it has ended, or is being ended.
    """

    def __init__(self, command: tuple[str, ...], stalled_after: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own module, in this very interpreter
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the library may name what it could not say
            bufsize=0,
            cwd="/",
        )
        assert self._process.stdin is not None  # noqa: S101  # Popen was asked for it
        self._target = self._process.stdin
        self.pid = self._process.pid
        scheduling.push_nobody_off(self.pid)  # also where its worker, in one process with an edge, may
        self.lost = False
        self._stalled_after = stalled_after
        self._loop = asyncio.get_running_loop()
        self._heard = 0.0  # when something came, or began to be waited for
        self._watch: asyncio.TimerHandle | None = None
        self._source: asyncio.BaseTransport | None = None
        self._unread = bytearray()
        self._frames: deque[Frame] = deque()
        self._waiter: asyncio.Future[None] | None = None

    async def listen(self) -> None:
        """Begin to read what the process says."""
        self._source, _ = await self._loop.connect_read_pipe(lambda: self, self._process.stdout)
        if self.lost:  # closed meanwhile
            self._source.close()

    def send(self, message: bytes) -> None:
        """Send a message: a pipe takes the longest whole, since the process has read the one before."""
        if not self.lost:
            try:
                os.write(self._target.fileno(), message)
            except OSError:  # it has ended; what waits for frames is told so
                self.lost = True

    async def next(self) -> Frame:
        """Return the next frame. ProcessLost where the process has ended, or hangs."""
        while not self._frames:
            if self.lost:
                raise ProcessLost
            self._expect()
            self._waiter = self._loop.create_future()
            await self._waiter
        return self._frames.popleft()

    def close(self) -> None:
        """End the process."""
        self.lost = True
        if self._watch is not None:
            self._watch.cancel()
        self._process.kill()
        self._process.wait()
        self._target.close()
        if self._source is not None:
            self._source.close()
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Take what the process says."""
        self._heard = self._loop.time()
        self._unread += data
        while (frame := take_frame(self._unread)) is not None:
            self._frames.append(frame)
        if self._frames:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the process has ended."""
        del exc
        self.lost = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _expect(self) -> None:
        """Watch that something comes."""
        self._heard = self._loop.time()
        if self._watch is None:
            self._watch = self._loop.call_later(self._stalled_after, self._look)

    def _look(self) -> None:
        self._watch = None
        if self._waiter is None or self._waiter.done():  # nobody waits; who does next has it watched again
            return
        left = self._heard + self._stalled_after - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look)
        else:
            self.close()
