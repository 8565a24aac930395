"""SSML with a mark before each word, and the times of the marks as times of the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate
from xml.sax.saxutils import escape

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span

# What is said of these stands in their attributes, or hangs together: a mark within would break it.
_WHOLE = ("say-as", "sub", "phoneme", "audio")
_TOKEN = re.compile(
    rf"<(?P<whole>{'|'.join(_WHOLE)})\b[^>]*>.*?</(?P=whole)\s*>|<!--.*?-->|<[^>]*>|[^\s<]+", re.DOTALL
)
_SPEAK = re.compile(r"\s*(<\?xml[^>]*\?>\s*)?<speak\b")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """SSML to be sent, and where in the job's text its words stand; mark `n` is before word `n`."""

    ssml: str = field(repr=False)
    words: tuple[Span, ...]


def marked(text: str, *, is_ssml: bool) -> MarkedText:
    """Return a text with a mark before each word that has a letter or a digit.

    Args:
        text: plain, or SSML with or without its speak element.
        is_ssml: which of them it is.

    Raises:
        ParlandoError: BAD_MARKUP, at field "text": it is no well-formed SSML.
    """
    parts: list[str] = []
    words: list[Span] = []
    at = 0
    for start, end, is_word in _tokens(text) if is_ssml else _plain(text):
        parts.append(_as_ssml(text[at:start], is_ssml=is_ssml))
        if is_word:
            parts.append(f'<mark name="{len(words)}"/>')
            words.append(Span(start, end))
        parts.append(_as_ssml(text[start:end], is_ssml=is_ssml))
        at = end
    parts.append(_as_ssml(text[at:], is_ssml=is_ssml))
    ssml = "".join(parts)
    if not (is_ssml and _SPEAK.match(ssml)):
        ssml = f"<speak>{ssml}</speak>"
    if is_ssml:
        _check(ssml)
    return MarkedText(ssml, tuple(words))


def timed(
    words: Sequence[Span], times: Mapping[int, float], samples: int, rate: int
) -> tuple[SpokenWord, ...]:
    """Return when words are heard: from their mark to the next one.

    A word whose mark has no time shares what lies between its neighbours', and is ESTIMATED.

    Args:
        words: in order.
        times: of marks, in seconds, by the number of their word.
        samples: length of the sound.
        rate: its samples a second.
    """
    starts = [min(round(times[n] * rate), samples) if n in times else None for n in range(len(words))]
    found: list[SpokenWord] = []
    at = 0
    for first, start in enumerate(starts):
        if start is None and first:
            continue  # timed with the one before it
        following = next((n for n in range(first + 1, len(words)) if starts[n] is not None), len(words))
        at = max(at, start or 0)
        end = max(at, starts[following] or 0) if following < len(words) else samples
        run = words[first:following]
        quality = TimingQuality.EXACT if start is not None and len(run) == 1 else TimingQuality.ESTIMATED
        weights = [len(word) for word in run]
        passed = 0
        for word, weight in zip(run, weights, strict=True):
            begin = at + (end - at) * passed // sum(weights)
            passed += weight
            found.append(SpokenWord(word, begin, at + (end - at) * passed // sum(weights) - begin, quality))
    return tuple(found)


def _plain(text: str) -> Iterator[tuple[int, int, bool]]:
    for token in re.finditer(r"\S+", text):
        yield *token.span(), any(map(str.isalnum, token[0]))


def _tokens(text: str) -> Iterator[tuple[int, int, bool]]:
    for token in _TOKEN.finditer(text):
        word = token["whole"] is not None or (
            not token[0].startswith("<") and any(map(str.isalnum, token[0]))
        )
        yield *token.span(), word


def _as_ssml(text: str, *, is_ssml: bool) -> str:
    return text if is_ssml else escape(text)


def _check(ssml: str) -> None:
    """Refuse what Google would refuse after it was sent, and definitions of entities, which nobody needs."""
    wrong = "" if "<!" not in ssml.replace("<!--", "") else "it declares something"
    try:
        ParserCreate().Parse(ssml, True)  # that it is all there is
    except ExpatError as error:
        wrong = ErrorString(error.code)
    if wrong:
        raise ParlandoError(
            Reason.BAD_MARKUP, f"text is no well-formed SSML ({wrong}): escape & and < in it", field="text"
        )
