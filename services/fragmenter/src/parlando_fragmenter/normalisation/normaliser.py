"""Finds where rules apply, and rewrites a text by them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from parlando_fragmenter.normalisation.english import ENGLISH
from parlando_fragmenter.normalisation.rule import Rule, Variety, words_of
from parlando_kit.spans import Piece, Span, SpanMap

RULE_NAMES = frozenset(rule.name for rule in ENGLISH)
"""Names of rules, by which they are turned off."""

_LANGUAGE = "en"
# Where they say some things as the British do, or write dates as they do.
_BRITISH_REGIONS = words_of("GB UK IE AU NZ ZA IN SG HK MT KE NG GH 001 150")

# Signs of everyday punctuation: they open something only before a digit, or as part of a face.
_PUNCTUATION = ".-\u2212\u2013'\u2018\u2019(:;/*"
_UNREAD = re.compile("[0-9]+(?:[.,:/][0-9]+)*")
_SPEAKS_OR_STOPS = re.compile(r"[^\W_]|[.!?]")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is said for a text, and the map from it to the text."""

    spoken: str = field(repr=False)
    text_map: SpanMap


class Normaliser:
    """Rewrites texts by a table of rules.

    Args:
        rules: the first that applies at a place says what is there, and the next place is after it.
        variety: of English.
        disabled: names of rules; what one of them would say is left as it is written.
    """

    def __init__(self, rules: tuple[Rule, ...], variety: Variety, disabled: Collection[str] = ()) -> None:
        self._variety = variety
        self._candidate = _candidate(rules)
        self._disabled = frozenset(disabled)
        openers: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            for character in rule.opens:
                if rule not in openers[character]:
                    openers[character].append(rule)
        self._rules = {character: tuple(found) for character, found in openers.items()}
        self._others = tuple(rule for rule in rules if not rule.opens)

    def rewrite(self, text: str, *, context: str = "", ends_sentence: bool = True) -> Rewritten | None:
        """Return what is said for a text, or None where that is the text itself.

        Args:
            text: one line, no white space at its ends or next to other white space.
            context: what its sentence has before it, which tells how some of it is said. Likewise, but for a
                space at its end.
            ends_sentence: the full stop of an abbreviation at its end is said as one.
        """
        said: list[str] = []
        pieces: list[Piece] = []
        origin, text = len(context), context + text
        done, length = origin, 0

        def say(words: str, end: int, *, verbatim: bool) -> None:
            nonlocal done, length
            spoken = Span(length, length + len(words))
            pieces.append(Piece(Span(done - origin, end - origin), spoken, verbatim))
            said.append(words)
            done, length = end, spoken.end

        for start, end, words in self._rewrites(text, origin):
            last = said[-1][-1:] if said else ""
            start, end, words = _fitted(text, done, start, end, words, last)  # noqa: PLW2901
            if ends_sentence and words and _closes(text, end):
                words += "."  # noqa: PLW2901
            if start > done:
                say(text[done:start], start, verbatim=True)
            say(words, end, verbatim=False)
        if not pieces:
            return None
        if done < len(text):
            say(text[done:], len(text), verbatim=True)
        return Rewritten("".join(said), SpanMap(pieces))

    def _rewrites(self, text: str, origin: int) -> Iterator[tuple[int, int, str]]:
        candidate = self._candidate.search(text, origin)
        while candidate is not None:
            at = candidate.start()
            for rule in self._rules.get(text[at], self._others):
                match = rule.pattern.match(text, at)
                if match is not None and match.end() > at:
                    words = rule.say(match, self._variety)
                    if words is not None:
                        end = match.end()
                        if rule.name not in self._disabled:
                            yield at, end, words
                        break
            else:
                # What no rule can say whole is left whole: 8/0, not 8/zero.
                number = _UNREAD.match(text, at)
                end = number.end() if number else at + 1
            candidate = self._candidate.search(text, end)


def _fitted(text: str, done: int, start: int, end: int, words: str, last: str) -> tuple[int, int, str]:
    """Return a rewrite with the white space that it needs where it stands.

    Args:
        text: what is rewritten.
        done: up to where it has been.
        start: of what is rewritten now.
        end: of it.
        words: what is said for it; empty for nothing.
        last: the last code point said before, where nothing lies between.
    """
    if not words:
        if start > done and text[start - 1] == " ":
            start -= 1
        elif start == done and not last and text.startswith(" ", end):
            end += 1
        return start, end, words
    before = text[start - 1] if start > done else last
    if words[0].isalnum() and before.isalnum():
        words = f" {words}"
    if words[-1].isalnum() and text[end : end + 1].isalnum():
        words += " "
    return start, end, words


def _closes(text: str, end: int) -> bool:
    """Return whether a full stop that was rewritten was the last of a text, and so its own."""
    return text[end - 1] == "." and not _SPEAKS_OR_STOPS.search(text, end)


@cache  # some 20 ms, and callers may turn off any set of rules
def _candidate(rules: tuple[Rule, ...]) -> re.Pattern[str]:
    """Return the pattern of places at which some rule may apply: quickly over plain words."""
    signs = sorted({character for rule in rules for character in rule.opens if not character.isalnum()})
    signs += [sign for rule in rules for sign in rule.opens if sign.isalnum() and not sign.isascii()]
    free = "".join(re.escape(sign) for sign in signs if sign not in _PUNCTUATION)
    words = "|".join(
        re.escape(word)
        for word in sorted({word for rule in rules for word in rule.words}, key=len, reverse=True)
    )
    places = [
        r"(?<![^\W_])[0-9]",
        r"(?<![^\W_])[A-Za-z]++(?=[0-9@_$\u00a3\u20ac\u00a5]|-[0-9]|\.[^\W_]|://|[\w+-]{0,64}@|/o?(?![^\W_]))",
        r"(?<![^\W_])[A-Z]\.(?= [A-Z])",
    ]
    if words:
        places.append(rf"(?<![^\W_])(?:{words})(?![^\W_])")
    if free:
        places.append(f"[{free}]")
    places.append(rf"[{re.escape(_PUNCTUATION)}](?=[0-9$\u00a3\u20ac]|\ [0-9(]|[-')(DPpO|\]\[])")
    places += [rule.pattern.pattern for rule in rules if not rule.opens]
    return re.compile("|".join(places))


def normaliser_for(language: str, disabled: Collection[str] = ()) -> Normaliser | None:
    """Return the normaliser of a language, or None where there is none: engines read such text themselves.

    Args:
        language: BCP 47 tag. Empty is taken for English, which is what engines take it for.
        disabled: names of rules to leave out.
    """
    primary, *rest = language.split("-")
    if primary.casefold() not in ("", _LANGUAGE):
        return None
    british = any(part.upper() in _BRITISH_REGIONS for part in rest)
    return _normaliser(Variety.BRITISH if british else Variety.AMERICAN, frozenset(disabled))


@lru_cache(maxsize=64)
def _normaliser(variety: Variety, disabled: frozenset[str]) -> Normaliser:
    return Normaliser(ENGLISH, variety, disabled)
