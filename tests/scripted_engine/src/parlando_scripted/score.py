"""A text as chunks of scripted sound, with the times of its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_scripted.script import Script
from parlando_scripted.signal import GAP_MS, frequency, silence, tone

_TOKEN = re.compile(r"\S+")
QUALITY = {"exact": TimingQuality.EXACT, "estimated": TimingQuality.ESTIMATED}

Chunk = tuple[bytes, tuple[SpokenWord, ...]]
"""PCM, and the words whose last sample it holds."""


def chunks(text: str, script: Script, speed: float, sample_rate_hz: int) -> Iterator[Chunk]:
    """Yield a text's audio in chunks of `script.chunk_ms`, the last one shorter.

    A token without a letter or a digit is a pause.
    """
    size = 2 * max(round(script.chunk_ms * sample_rate_hz / 1000), 1)
    gap = silence(round(GAP_MS * sample_rate_hz / 1000))
    pending = bytearray()
    waiting: list[SpokenWord] = []
    given = 0  # samples
    for token in _TOKEN.finditer(text):
        word = token.group()
        if any(character.isalnum() for character in word):
            length_ms = (script.word_ms + script.character_ms * len(word)) / speed
            count = max(round(length_ms * sample_rate_hz / 1000), 1)
            first = given + len(pending) // 2
            waiting.append(SpokenWord(Span(*token.span()), first, count, QUALITY[script.timing]))
            pending += tone(frequency(word), count, sample_rate_hz)
        pending += gap
        while len(pending) >= size:
            given += size // 2
            done = [word for word in waiting if word.end_sample <= given]
            del waiting[: len(done)]
            yield bytes(pending[:size]), tuple(done)
            del pending[:size]
    if pending:
        yield bytes(pending), tuple(waiting)
