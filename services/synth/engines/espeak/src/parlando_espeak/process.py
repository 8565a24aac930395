"""The engine's end of a process that speaks (`voicebox`)."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from parlando_espeak.wire import (
    STOP,
    Frame,
    FrameKind,
    Greeting,
    Utterance,
    pack_message,
    read_frame,
    read_greeting,
)
from parlando_kit import scheduling

STALLED_AFTER = 10.0
"""Seconds without a frame after which a process counts as hung. It makes audio a thousand times faster than
it plays, and pauses only to read the next clause."""

_LOOK_EVERY = 0.02  # seconds between two looks at the stop flag while no frame comes
_PIPE_BYTES = 65_536  # as much as a pipe holds
_MODULE = "parlando_espeak.voicebox"


class ProcessLost(Exception):  # noqa: N818  # it is what happened, and is dealt with
    """The process ended, or hung and was ended. The next text starts a new one."""


class TextRefused(Exception):  # noqa: N818  # likewise
    """The library would not begin: its voice is missing or broken."""


class SpeakingProcess:
    """A process with a copy of the library, started anew after it was lost. For one thread.

    Args:
        library: path of the shared library.
        data: folder of its voices and dictionaries.
        stalled_after: seconds without a frame after which the process counts as hung.

    Attributes:
        greeting: what the library is.

    Raises:
        ProcessLost: it does not start.
    """

    def __init__(self, library: str, data: str, *, stalled_after: float = STALLED_AFTER) -> None:
        self._command = (sys.executable, "-I", "-m", _MODULE, library, data)
        self._looks = max(round(stalled_after / _LOOK_EVERY), 1)  # of what a process may let pass
        self._running: _Running | None = None
        self.greeting: Greeting = self._start()

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        return None if self._running is None else self._running.process.pid

    def speak(self, utterance: Utterance, take: Callable[[Frame], None], stopped: Callable[[], bool]) -> None:
        """Have a text spoken, and return when it is said or the stop has taken effect.

        Args:
            utterance: the text.
            take: takes each frame of audio, on this thread; none once the stop is sent.
            stopped: tells whether to stop; asked at least every 20 ms.

        Raises:
            ProcessLost: the process ended before the text did.
            TextRefused: the library would not begin.
        """
        if self._running is None:
            self._start()
        try:
            self._send(pack_message(utterance))
            said = self._follow(take, stopped)
        except (EOFError, OSError) as error:
            self.close()
            raise ProcessLost from error
        except BaseException:  # what it still says must not be taken for the next text
            self.close()
            raise
        if not said:
            raise TextRefused

    def close(self) -> None:
        """End the process."""
        running, self._running = self._running, None
        if running is not None:
            running.process.kill()
            running.process.wait()
            running.source.close()
            running.target.close()

    def _start(self) -> Greeting:
        process = subprocess.Popen(  # noqa: S603  # our own module, in this very interpreter
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the library may name what it could not say
            bufsize=0,
            cwd="/",
        )
        scheduling.push_nobody_off(process.pid)  # also where its worker, in one process with an edge, may
        assert process.stdin is not None  # noqa: S101  # Popen was asked for both
        assert process.stdout is not None  # noqa: S101
        frames = select.poll()
        frames.register(process.stdout, select.POLLIN)
        self._running = _Running(process, process.stdin, process.stdout, frames)
        try:
            self._wait(lambda: None)
            return read_greeting(self._read)
        except (EOFError, OSError, ProcessLost) as error:
            self.close()
            raise ProcessLost from error

    def _follow(self, take: Callable[[Frame], None], stopped: Callable[[], bool]) -> bool:
        """Take frames until the last; return False where the library refused."""
        stopping = False

        def look() -> None:
            nonlocal stopping
            if not stopping and stopped():
                stopping = True
                self._send(STOP)

        while True:
            look()
            self._wait(look)
            frame = read_frame(self._read)
            if frame.kind is not FrameKind.AUDIO:
                return frame.kind is FrameKind.DONE
            if not stopping:
                take(frame)

    def _wait(self, look: Callable[[], None]) -> None:
        """Wait for a frame to begin, looking at the stop flag meanwhile."""
        pipes = self._pipes()
        for _ in range(self._looks):
            if pipes.unread or pipes.frames.poll(_LOOK_EVERY * 1000):
                return
            look()
        raise ProcessLost

    def _send(self, message: bytes) -> None:
        target = self._pipes().target.fileno()
        rest = memoryview(message)
        while rest:
            rest = rest[os.write(target, rest) :]

    def _read(self, size: int) -> bytes:
        pipes = self._pipes()
        while len(pipes.unread) < size:
            part = os.read(pipes.source.fileno(), _PIPE_BYTES)
            if not part:
                raise EOFError
            pipes.unread.extend(part)
        found = bytes(pipes.unread[:size])
        del pipes.unread[:size]
        return found

    def _pipes(self) -> _Running:
        if self._running is None:
            raise ProcessLost
        return self._running


@dataclass(frozen=True, slots=True)
class _Running:
    """A process, its pipes, what tells when it has said something, and what was read of that ahead."""

    process: subprocess.Popen[bytes]
    target: IO[bytes]
    source: IO[bytes]
    frames: select.poll
    unread: bytearray = field(default_factory=bytearray)
