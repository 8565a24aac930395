"""Whether a full stop ends a sentence, or belongs to an abbreviation, an initial or an ordinal."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from parlando_fragmenter import abbreviations as known
from parlando_fragmenter.gap import Following, Gap, Sentence, Strength, following
from parlando_fragmenter.marks import Mark

_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_VOWEL = re.compile("[aeiouy\u00e0-\u00f6\u00f8-\u01ff]|[^\x00-\u024f]", re.IGNORECASE)

# Letters from which on a word in small letters is no abbreviation, though no list says so.
_LONG_WORD = 5
# Words of an adverbial such as "At 5 a.m."
_FRONTED = 3
# Digits of an ordinal, such as the day in a date.
_ORDINAL_DIGITS = 2
# Quotes that open where they follow white space.
_QUOTES = frozenset('"\u201c\u201e\u00ab')


_Judge = Callable[[Mark, Following, Sentence], Strength]


def never_ends(word: str) -> bool:
    """Return whether a word with a full stop cannot be the last of a sentence. Example: "Dr"."""
    return word in known.TITLES or word in known.PREFIXES


def at_full_stop(gap: Gap) -> Strength:
    """Return what lies in a gap after a word with a single full stop."""
    mark, sentence = gap.mark, gap.sentence
    core = mark.core
    word = core.casefold()
    if never_ends(word):
        return Strength.GLUE
    judge = _judge_of(core)
    if gap.ahead[0] in _QUOTES and judge in {_after_number, _after_word}:
        then: Following | None = Following(gap.ahead[0], "", "", done=True)  # whatever the first word is
    else:
        then = following(gap)
    if then is None:
        return Strength.UNDECIDED
    if then.character.isdigit() and (word in known.NUMBERED or (len(core) == 1 and not core.isdecimal())):
        return Strength.GLUE
    return judge(mark, then, sentence)


def _judge_of(core: str) -> _Judge:
    """Return the rule for a word of a kind."""
    if core.isdecimal() and len(core) <= _ORDINAL_DIGITS:
        return _after_number
    if len(core) == 1 and core.isalpha():
        return _after_letter
    if (
        core.casefold().rpartition("/")[2] in known.ABBREVIATIONS
        or core in known.CAPITALISED
        or _DOTTED.fullmatch(core)
    ):
        return _after_abbreviation
    return _after_word


def _after_number(mark: Mark, then: Following, sentence: Sentence) -> Strength:
    if mark.closed and then.small:  # (see table 2.) and more
        return Strength.CLAUSE
    if sentence.language in known.ORDINAL_LANGUAGES:
        return Strength.GLUE
    if sentence.previous.casefold() not in known.BEFORE_GERMAN_DATES:
        return Strength.SENTENCE
    month = _is_one_of(known.GERMAN_MONTHS, known.GERMAN_MONTH_BEGINNINGS, then)
    if month is None:
        return Strength.UNDECIDED
    return Strength.GLUE if month else Strength.SENTENCE


def _after_letter(_mark: Mark, then: Following, _sentence: Sentence) -> Strength:
    return Strength.GLUE if then.small else _if_sentence_starts(then)


def _after_abbreviation(mark: Mark, then: Following, sentence: Sentence) -> Strength:
    word = mark.core.casefold()
    if not then.character.isupper():
        return Strength.GLUE
    if not sentence.has_small and (then.word.isupper() or len(then.word) == 1):
        return _in_capitals(then, sentence)
    if word in known.MERIDIEMS:
        return _after_meridiem(then, sentence)
    # Theodore seldom follows a company.
    if word in known.LAST_WORDS or (word in known.COMPANIES and then.word.startswith("The")):
        return Strength.SENTENCE
    return _if_sentence_starts(then)


def _in_capitals(then: Following, sentence: Sentence) -> Strength:
    """Where all is in capitals, only words that seldom go on with a sentence begin one."""
    if len(then.word) == 1 and not then.done:
        return Strength.UNDECIDED
    if _is_fronted(sentence):
        return Strength.GLUE
    starts = _is_one_of(known.SHOUTED_STARTERS, known.SHOUTED_STARTER_BEGINNINGS, then)
    if starts is None:
        return Strength.UNDECIDED
    return Strength.SENTENCE if starts else Strength.GLUE


def _after_meridiem(then: Following, sentence: Sentence) -> Strength:
    if not then.done and then.word in known.TIME_ZONE_BEGINNINGS:
        return Strength.UNDECIDED
    return Strength.GLUE if _is_fronted(sentence) or then.word in known.TIME_ZONES else Strength.SENTENCE


def _is_fronted(sentence: Sentence) -> bool:
    """Return whether a sentence is no more than an adverbial yet: "At 5 a.m."."""
    return sentence.words <= _FRONTED and sentence.first.casefold() in known.FRONTING


def _after_word(mark: Mark, then: Following, sentence: Sentence) -> Strength:
    if not then.small:
        return Strength.SENTENCE
    if mark.closed:  # "This is great." she said.
        return Strength.CLAUSE
    core = mark.core
    if len(core) >= _LONG_WORD and core.isalpha() and core.islower():
        return Strength.SENTENCE
    if sentence.small and (_VOWEL.search(core) or core.casefold() in known.CHAT):
        return Strength.SENTENCE
    return Strength.CLAUSE


def _if_sentence_starts(then: Following) -> Strength:
    starts = _starts_sentence(then)
    if starts is None:
        return Strength.UNDECIDED
    return Strength.SENTENCE if starts else Strength.GLUE


def _starts_sentence(then: Following) -> bool | None:
    if not then.character.isupper() or (then.done and len(then.word) == 1 and then.after == "."):
        return False
    return _is_one_of(known.STARTERS, known.STARTER_BEGINNINGS, then)


def _is_one_of(words: Collection[str], beginnings: Collection[str], then: Following) -> bool | None:
    word = then.word.casefold()
    if then.done:
        return word in words
    return None if word in beginnings else False
