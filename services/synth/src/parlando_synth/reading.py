"""A text as a network reads it: symbols, and which of them are which word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from parlando_kit.spans import Span
from parlando_synth.pronunciation import PronouncedWord, Pronunciation

Speller = Callable[[Sequence[str]], Sequence[str]]
"""Spells texts of one language: phonemes of each, words apart by spaces."""

Marks = Mapping[str, str]
"""Punctuation, and what a network knows each mark as; what is not in it goes unsaid."""

_TOKEN = re.compile(r"\[(?P<label>[^\[\]]+)\]\(/(?P<given>[^/()]*)/\)|\S+")
_READ_OUT = frozenset("&@#$€£¥%+<=>~|^*°§©")
# Code points of words that are spelled together. Finding out which phonemes are which word's takes seconds
# for thousands; a seam may change a sound of the word before it, as a mark may.
_LONGEST_CLAUSE = 200
_STRESS = str.maketrans("", "", "ˈˌ ")


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word, and its symbols [start, end) in the reading; none where it is not spoken."""

    spoken: Span
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network is to say.

    Attributes:
        symbols: each in the network's vocabulary.
        words: in order; they do not overlap.
        complete: nothing of the text was outside the vocabulary.
    """

    symbols: str = field(repr=False)
    words: Sequence[ReadWord]
    complete: bool = True

    def pronunciation(self, voice: str) -> Pronunciation:
        """Return what is told of it to who asks how a voice would speak."""
        words = (PronouncedWord(word.spoken, self.symbols[word.start : word.end]) for word in self.words)
        return Pronunciation(voice, self.symbols, tuple(words))


@dataclass(frozen=True, slots=True)
class _Token:
    """What stands between white space: marks, a word, marks. `given` are phonemes that the text gives."""

    before: str
    word: str = field(repr=False)
    after: str
    span: Span
    given: str | None = field(default=None, repr=False)


def read(text: str, spell: Speller, vocabulary: Collection[str], marks: Marks) -> Reading:
    """Return the reading of a plain text.

    Words are spelled together, up to the next mark, because their sound depends on their neighbours ("the
    apple"). espeak-ng runs some of them together ("of the") and makes several of others ("21"): which
    phonemes are which word's is found by comparing with each word spelled alone.

    Args:
        text: any text; `[word](/phonemes/)` says how a word is spoken.
        spell: spells several texts at once.
        vocabulary: symbols that the network knows.
        marks: punctuation, as the network knows it.

    Returns:
        The reading; it is not complete where phonemes that the text gives are outside the vocabulary.
    """
    tokens = [_token(match) for match in _TOKEN.finditer(text)]
    clauses = _clauses(tokens)
    words = [token.word for clause in clauses for token in clause]
    together = [" ".join(token.word for token in clause) for clause in clauses]
    spelled = spell([*together, *words]) if words else ()
    alone = iter(spelled[len(clauses) :])
    phonemes = {
        id(token): part
        for clause, whole in zip(clauses, spelled, strict=False)
        for token, part in zip(clause, shared(whole, [next(alone) for _ in clause]), strict=True)
    }
    writer = _Writer(vocabulary, marks)
    for token in tokens:
        spoken = token.given if token.given is not None else phonemes.get(id(token), "")
        writer.write(token.before, spoken, token.after, token)
    given = "".join(token.given for token in tokens if token.given is not None)
    return writer.reading(complete=all(symbol in vocabulary for symbol in given))


def read_phonemes(text: str, vocabulary: Collection[str], marks: Marks) -> Reading:
    """Return the reading of a text in phonemes: white space is between words, marks are outside them."""
    writer = _Writer(vocabulary, marks)
    known = "".join(marks)
    for match in re.finditer(r"\S+", text):
        core = match[0].strip(known)
        before, _, after = match[0].partition(core) if core else (match[0], "", "")
        start = match.start() + len(before)
        writer.write(before, core, after, _Token(before, core, after, Span(start, start + len(core))))
    return writer.reading(
        complete=all(marks.get(symbol, symbol) in vocabulary or symbol.isspace() for symbol in text)
    )


def shared(whole: str, alone: Sequence[str]) -> list[str]:
    """Share out the phonemes of words that were spelled together.

    Args:
        whole: phonemes of all the words.
        alone: phonemes of each word by itself.

    Returns:
        Each word's part; joined by a space or by nothing they are `whole`.
    """
    groups = whole.split(" ")
    if [group.translate(_STRESS) for group in groups] == [part.translate(_STRESS) for part in alone]:
        return groups
    if len(alone) == 1:
        return [whole.strip(" ")]
    expected = "".join(part.translate(_STRESS) for part in alone)
    places = [index for index, symbol in enumerate(whole) if symbol not in " ˈˌ"]
    found = "".join(whole[place] for place in places)
    blocks = SequenceMatcher(None, expected, found, autojunk=False).get_matching_blocks()
    parts: list[str] = []
    cut = length = 0
    for part in alone[:-1]:
        length += len(part.translate(_STRESS))
        index, upper = _counterpart(length, blocks)
        before = places[index - 1] + 1 if index else 0
        following, until = (places[place] if place < len(places) else len(whole) for place in (index, upper))
        space = whole.find(" ", before, until)
        if space >= 0:
            following = space
        while following > 0 and whole[following - 1] in "ˈˌ":  # stress belongs to what it precedes
            following -= 1
        following = max(following, cut)
        parts.append(whole[cut:following].strip(" "))
        cut = following
    return [*parts, whole[cut:].strip(" ")] if alone else []


def _counterpart(place: int, blocks: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """Return where a place of one text is in another; between two stretches that match, in proportion.

    Where the other has something in that place which the one has not, it is anywhere from the first to the
    second of the two that are returned; otherwise they are the same.
    """
    last_a = last_b = 0
    for (start_a, start_b, size), following in zip(blocks, (*blocks[1:], blocks[-1]), strict=True):
        if place < start_a:
            gap = start_a - last_a
            found = last_b + round((place - last_a) / gap * (start_b - last_b))
            return found, found
        if place <= start_a + size:
            found = start_b + place - start_a
            return found, max(found, following[1]) if following[0] == place else found
        last_a, last_b = start_a + size, start_b + size
    return last_b, last_b


def _token(match: re.Match[str]) -> _Token:
    if match["given"] is not None:
        span = Span(match.start("label"), match.end("label"))
        return _Token("", match["label"], "", span, match["given"])
    before, word, after = _split(match[0])
    start = match.start() + len(before)
    return _Token(before, word, after, Span(start, start + len(word)))


def _split(token: str) -> tuple[str, str, str]:
    """Return what stands before a word, the word, and what stands after it."""
    kinds = [unicodedata.category(character)[0] for character in token]
    spoken = [place for place, kind in enumerate(kinds) if kind in "LN" or token[place] in _READ_OUT]
    if not spoken:
        return token, "", ""
    start, end = spoken[0], spoken[-1] + 1
    while end < len(token) and kinds[end] == "M":  # vowel signs and accents belong to their letter
        end += 1
    return token[:start], token[start:end], token[end:]


def _clauses(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """Return the words that are spelled together: those between marks, and between given phonemes.

    Where there are too many, a clause ends between two of them.
    """
    clauses: list[list[_Token]] = [[]]
    length = 0
    for token in tokens:
        if token.given is not None or token.before.strip("'’-"):
            clauses.append([])
        if token.word and token.given is None:
            length = length + 1 + len(token.word) if clauses[-1] else len(token.word)
            if clauses[-1] and length > _LONGEST_CLAUSE:
                clauses.append([])
                length = len(token.word)
            clauses[-1].append(token)
        if token.given is not None or token.after.strip("'’-"):
            clauses.append([])
    return [clause for clause in clauses if clause]


class _Writer:
    """Puts a reading together."""

    def __init__(self, vocabulary: Collection[str], marks: Marks) -> None:
        self._vocabulary = vocabulary
        self._marks = marks
        self._symbols: list[str] = []
        self._words: list[ReadWord] = []

    def write(self, before: str, phonemes: str, after: str, token: _Token) -> None:
        """Add a word with the marks around it."""
        if self._symbols and self._symbols[-1] != " ":
            self._add(" ")
        self._add("".join(self._marks.get(mark, "") for mark in before))
        start = len(self._symbols)
        self._add(phonemes)
        if token.word:
            self._words.append(ReadWord(token.span, start, len(self._symbols)))
        self._add("".join(self._marks.get(mark, "") for mark in after))

    def reading(self, *, complete: bool) -> Reading:
        """Return what was written, without a space at its end."""
        symbols = "".join(self._symbols).rstrip(" ")
        words = [
            ReadWord(word.spoken, min(word.start, len(symbols)), min(word.end, len(symbols)))
            for word in self._words
        ]
        return Reading(symbols, words, complete)

    def _add(self, symbols: str) -> None:
        self._symbols += [symbol for symbol in symbols if symbol in self._vocabulary]
