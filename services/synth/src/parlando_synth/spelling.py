"""Phonemes from a process of an engine's own, which a text may bring down without harm.

espeak-ng keeps global state, breaks off on some texts, and is GPL-3.0-or-later: an engine that spells by it
gives it a module to run in (`python -m`). That module reads lines of JSON, [language, [text, …]], and answers
each with a line, [phonemes, …], until its input ends.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from parlando_kit.errors import ParlandoError, Reason

STALLED_AFTER = 10.0
"""Seconds after which the process counts as hung: it spells a page in milliseconds, and starts within one."""

_SYMBOLS = re.compile(r"[^\w\s']|_")


class SpellingProcess:
    """Turns text into phonemes, on a process that is started anew when a text brought it down.

    May be used from any thread; one text is spelled at a time.

    Args:
        module: what the process runs.

    Raises:
        ParlandoError: ENGINE_FAILED, the process does not start.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self.spell("en-us", ["ready"])

    def spell(self, language: str, texts: Sequence[str]) -> list[str]:
        """Return the phonemes of each text, stress marks and spaces between words included.

        Args:
            language: espeak-ng's name of it.
            texts: without line breaks.

        Raises:
            ParlandoError: ENGINE_FAILED, the library breaks off on a text also without its symbols.
        """
        with self._lock:
            try:
                return self._ask(language, texts)
            except (OSError, EOFError):
                self._end()
            try:
                return self._ask(language, [_SYMBOLS.sub(" ", text) for text in texts])
            except (OSError, EOFError):
                self._end()
                raise ParlandoError(
                    Reason.ENGINE_FAILED,
                    "espeak-ng broke off on the text; it is started anew: send it without unusual symbols",
                ) from None

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, language: str, texts: Sequence[str]) -> list[str]:
        running = self._running = self._running or _start(self._module)
        rest = memoryview(json.dumps([language, list(texts)]).encode() + b"\n")
        while rest:
            rest = rest[os.write(running.source.fileno(), rest) :]
        spelled: list[str] = json.loads(self._line(running))
        return spelled

    def _line(self, running: _Running) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            if not running.answers.poll(STALLED_AFTER * 1000):
                raise EOFError
            part = os.read(running.target.fileno(), 65_536)
            if not part:
                raise EOFError
            line += part
        return bytes(line)

    def _end(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.process.kill()
            running.process.wait()
            running.source.close()
            running.target.close()


@dataclass(frozen=True, slots=True)
class _Running:
    """A process, its pipes, and what tells when it has answered."""

    process: subprocess.Popen[bytes]
    source: IO[bytes]
    target: IO[bytes]
    answers: select.poll


def _start(module: str) -> _Running:
    process = subprocess.Popen(  # noqa: S603  # the engine's own module, in this very interpreter
        (sys.executable, "-I", "-m", module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the library may name what it could not spell
        bufsize=0,
        cwd="/",
    )
    assert process.stdin is not None  # noqa: S101  # Popen was asked for both
    assert process.stdout is not None  # noqa: S101
    answers = select.poll()
    answers.register(process.stdout, select.POLLIN)
    return _Running(process, process.stdin, process.stdout, answers)
