"""For engines that do not say when their words fall: sentences to speak one by one, and times by length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span

_SENTENCE = re.compile(r"\S.*?(?:[.!?…。！？।]+[\"'”’)\]]*(?=\s|$)|(?<=[。！？])|$)", re.DOTALL)
_TOKEN = re.compile(r"\S+")


def sentences(text: str) -> Iterator[Span]:
    """Yield the sentences of a text that hold a letter or a digit, without the white space around them."""
    for match in _SENTENCE.finditer(text):
        if any(character.isalnum() for character in match[0]):
            yield Span(match.start(), match.start() + len(match[0].rstrip()))


def estimated(text: str, sentence: Span, first_sample: int, samples: int) -> tuple[SpokenWord, ...]:
    """Return ESTIMATED times of a sentence's words: each lasts in proportion to its code points.

    Args:
        text: the job's.
        sentence: which part of it.
        first_sample: where its audio begins in the job.
        samples: length of its audio.
    """
    words = [
        Span(*token.span())
        for token in _TOKEN.finditer(text, sentence.start, sentence.end)
        if any(character.isalnum() for character in token[0])
    ]
    whole = sum(map(len, words))
    timed: list[SpokenWord] = []
    said = 0
    for word in words:
        start, end = (first_sample + samples * place // whole for place in (said, said + len(word)))
        timed.append(SpokenWord(word, start, end - start, TimingQuality.ESTIMATED))
        said += len(word)
    return tuple(timed)
