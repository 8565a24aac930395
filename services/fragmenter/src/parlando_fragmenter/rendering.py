"""From what is written to what is said, with the map back.

Rewritings follow one another, and their maps are composed. First comes what is no text: a run of white space
and control characters is said as one space, and nothing is said at the ends or for format characters without
a sound. What is left is normalised where its language has rules for it, and said as it is written elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from parlando_fragmenter.marks import SPEAKABLE
from parlando_fragmenter.normalisation.normaliser import Normaliser
from parlando_kit.spans import Piece, Span, SpanMap

# A lone surrogate is no character and cannot travel; it goes as white space.
_BLANK = "\\s\\x00-\\x1f\\x7f-\\x9f\ud800-\udfff"
# Soft hyphen, zero-width space and no-break space, directions of writing.
_UNSAID = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_EMPTY = re.compile(f"[{_BLANK}{_UNSAID}]")
_EMPTIES = re.compile(f"[{_BLANK}{_UNSAID}]*")
_REWRITTEN = re.compile(f"[{_BLANK}{_UNSAID}]{{2,}}|[^\\S ]|[\\x00-\\x1f\\x7f-\\x9f\ud800-\udfff{_UNSAID}]")
_SPACED = re.compile(f"[{_BLANK}]")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What is said, and where it is written.

    Attributes:
        spoken: text without white space at its ends; empty when there is nothing to say.
        text_map: covers the source it was made from.
    """

    spoken: str = field(repr=False)
    text_map: SpanMap


def blank_prefix(text: str) -> int:
    """Return how many code points at the start of a text go unsaid."""
    match = _EMPTIES.match(text)
    return match.end() if match else 0


def render(
    text: str,
    source: Span,
    normaliser: Normaliser | None = None,
    *,
    context: str = "",
    ends_sentence: bool = True,
) -> Rendering:
    """Return what is said for `text`.

    Args:
        text: what is written, from its first code point that may be said.
        source: what it covers of the caller's text, which may begin earlier, with what goes unsaid.
        normaliser: of its language; None leaves numbers and the like to the engine.
        context: what its sentence has before it, in one line.
        ends_sentence: a full stop at the end is one even where it is an abbreviation's too.
    """
    cleaned = _clean(text, source)
    if normaliser is None or not cleaned.spoken:
        return cleaned
    rewritten = normaliser.rewrite(cleaned.spoken, context=context, ends_sentence=ends_sentence)
    if rewritten is None:
        return cleaned
    text_map = cleaned.text_map.then(rewritten.text_map)
    if not SPEAKABLE.search(rewritten.spoken):
        return Rendering("", SpanMap([Piece(text_map.source, Span(0, 0), verbatim=False)]))
    return Rendering(rewritten.spoken, text_map)


def _clean(text: str, source: Span) -> Rendering:
    """Return a text without what is no text."""
    origin = source.end - len(text)
    end = len(text) if SPEAKABLE.search(text) else 0
    while end and _EMPTY.match(text, end - 1):
        end -= 1
    spoken: list[str] = []
    pieces: list[Piece] = []
    written = source.start
    said = 0

    def say(words: str, until: int, *, verbatim: bool) -> None:
        nonlocal written, said
        if until + origin > written:
            piece = Piece(Span(written, until + origin), Span(said, said + len(words)), verbatim)
            pieces.append(piece)
            spoken.append(words)
            written, said = piece.source.end, piece.spoken.end

    done = blank_prefix(text) if end else 0
    say("", done, verbatim=False)
    for run in _REWRITTEN.finditer(text, done, end):
        say(text[done : run.start()], run.start(), verbatim=True)
        done = run.end()
        say(" " if _SPACED.search(run.group()) else "", done, verbatim=False)
    say(text[done:end], end, verbatim=True)
    say("", len(text), verbatim=False)
    return Rendering("".join(spoken), SpanMap(pieces))
