"""The process that holds one copy of the library and speaks what it is told.

    python -m parlando_espeak.voicebox <shared library> <data folder>

libespeak-ng 1.52 can be brought down by texts (a single Braille character is enough for its Arabic voice).
Here that ends this process and the one text that it was speaking, and nothing else. The process ends by
itself once its input closes, be it that the engine is closed or that it was killed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys

from parlando_espeak.library import COMMAND, SAMPLE_RATE, Event, EventKind, Library, LibraryError, Parameter
from parlando_espeak.wire import (
    STOP,
    Frame,
    FrameKind,
    Greeting,
    Utterance,
    pack_frame,
    pack_greeting,
    read_utterance,
)

LARGEST_CHUNK = SAMPLE_RATE * 2
"""Bytes of PCM sent at a time in the end. Each chunk holds more than the one before: early sound first, then
few wake-ups."""

FIRST_CHUNK = SAMPLE_RATE
"""Bytes of PCM after which the first chunk leaves in any case. It leaves with the end of the first word:
before that is known, no sound of the word goes to a listener."""

GROWTH = 8
"""How much more than the last chunk the next one holds: it is made far sooner than that is played."""


class Voicebox:
    """Speaks the texts that come in, one after the other.

    Args:
        library: what speaks.
        source: file descriptor that messages come from.
        target: file descriptor that frames go to.
    """

    def __init__(self, library: Library, source: int, target: int) -> None:
        self._library = library
        self._source = source
        self._target = target
        self._stops = select.poll()
        self._stops.register(source, select.POLLIN)
        self._tuned: tuple[str, int] | None = None  # the voice and the pitch it was last loaded for
        self._pcm: list[bytes] = []
        self._events: list[Event] = []
        self._held = 0  # bytes in self._pcm
        self._wanted = 0  # bytes that are worth a frame
        self._words = 0  # of the text so far
        self._begun = False  # a frame of the text was sent

    def run(self) -> None:
        """Greet, then speak until the input closes."""
        greeting = Greeting(self._library.version, self._library.voices(), self._library.variants())
        self._write(pack_greeting(greeting))
        while True:
            try:
                utterance = read_utterance(self._read)
            except EOFError:
                return
            last = self._speak(utterance)
            self._write(self._gathered() + pack_frame(Frame(last)))

    def _speak(self, utterance: Utterance) -> FrameKind:
        self._wanted, self._words, self._begun = FIRST_CHUNK, 0, False
        try:
            self._prepare(utterance)
            self._library.speak(utterance.text, self._take)
        except LibraryError:
            self._tuned = None
            return FrameKind.REFUSED
        return FrameKind.DONE

    def _prepare(self, utterance: Utterance) -> None:
        # The library fits a voice's formants to the pitch when it loads the voice, and commands within a text
        # change them once more: so that no text leaves a trace in the next, the voice is loaded again.
        tuned = (utterance.voice, utterance.pitch)
        if self._tuned != tuned:
            self._library.set_voice(utterance.voice)
        self._tuned = None if COMMAND in utterance.text else tuned
        self._library.set_parameter(Parameter.RATE, utterance.rate)
        self._library.set_parameter(Parameter.VOLUME, utterance.volume)
        self._library.set_parameter(Parameter.PITCH, utterance.pitch)
        self._library.set_parameter(Parameter.RANGE, utterance.pitch_range)

    def _take(self, pcm: bytes, events: list[Event]) -> bool:
        self._pcm.append(pcm)
        self._events += events
        self._held += len(pcm)
        kinds = [kind for kind, _, _ in events]
        self._words += kinds.count(EventKind.WORD)
        first_ends = not self._begun and self._words > 1
        if first_ends or self._held >= self._wanted:
            self._wanted = min(self._held * GROWTH, LARGEST_CHUNK)
            self._write(self._gathered())
        elif EventKind.CLAUSE_END in kinds:
            self._write(self._gathered())  # it is safe, should the next clause bring the library down
        return self._stopped()

    def _gathered(self) -> bytes:
        """Return what has not been sent, as it is sent."""
        if not self._held and not self._events:
            return b""
        frame = Frame(FrameKind.AUDIO, self._events, b"".join(self._pcm))
        self._begun = True
        self._pcm, self._events, self._held = [], [], 0
        return pack_frame(frame)

    def _stopped(self) -> bool:
        if not self._stops.poll(0):
            return False
        self._read(len(STOP))  # nothing else comes while a text is spoken
        return True

    def _read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            part = os.read(self._source, size - len(found))
            if not part:
                raise EOFError
            found += part
        return bytes(found)

    def _write(self, message: bytes) -> None:
        rest = memoryview(message)
        while rest:
            rest = rest[os.write(self._target, rest) :]


def main() -> None:
    """Load the library and speak."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker drains first, and then closes the input
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what the library prints must not come between the frames
    library, data = sys.argv[1:]
    with contextlib.suppress(EOFError, BrokenPipeError):  # the engine is gone
        Voicebox(Library(library, data), source, target).run()


if __name__ == "__main__":
    main()
