"""Where a reading is cut: a network speaks a sentence at a time."""

from __future__ import annotations

from collections.abc import Iterator

from parlando_synth.reading import Reading

LONGEST = 400
"""Symbols of a run: about 30 s of speech. A sentence that is longer is cut, so that a stop wastes no more."""

MARKS = (
    {mark: mark for mark in ",.:;?!"}
    | {"—": ";", "–": ",", "…": "."}
    | dict(zip("。、，！？；：।؟،؛", ".,,!?;:.?,;", strict=True))
)
"""Punctuation, as piper's espeak-ng passes it on: what the networks were trained on."""

_ENDS = ".!?"
_CLAUSE_ENDS = ",;:"


def sentences(reading: Reading, longest: int = LONGEST) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence of a reading, without the spaces between them.

    What has no word, such as a row of marks, is left out.

    Args:
        reading: what is said.
        longest: symbols of a sentence; a longer one is cut after a clause, failing that a word.
    """
    symbols = reading.symbols
    spoken = iter([word for word in reading.words if word.start < word.end])
    word = next(spoken, None)
    start = 0
    while word is not None:
        end = _sentence_end(symbols, start)
        if end - start > longest:
            end = start + _cut(symbols[start : start + longest])
        if word.start < end:
            yield start, end
        while word is not None and word.end <= end:
            word = next(spoken, None)
        start = end + 1 if symbols[end : end + 1] == " " else end


def _sentence_end(symbols: str, start: int) -> int:
    place = symbols.find(" ", start + 1)
    while place >= 0 and symbols[place - 1] not in _ENDS:
        place = symbols.find(" ", place + 1)
    return place if place >= 0 else len(symbols)


def _cut(symbols: str) -> int:
    """Return the last end of a clause beyond the middle, else of a word, else of all."""
    spaces = [place for place in range(1, len(symbols)) if symbols[place] == " "]
    clauses = [place for place in spaces if symbols[place - 1] in _CLAUSE_ENDS and place > len(symbols) / 2]
    return max(clauses or spaces, default=len(symbols))
