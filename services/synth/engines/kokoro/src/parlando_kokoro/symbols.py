"""From espeak-ng's phonemes to the symbols that the network was trained on.

The network learned from misaki, which has letters of its own for diphthongs and affricates, and for English
no length marks. What stands for what is misaki's table for espeak-ng (its version for the v1.0 networks).
"""

from __future__ import annotations

import re

TIE = "^"
"""What espeak-ng is asked to put between the parts of one phoneme."""

MARKS = {mark: mark for mark in ';:,.!?—…"()“”'} | dict(zip("。、，！？；：–।", ".,,!?;:—.", strict=True))
"""Punctuation, as the network knows it."""

_EVERYWHERE = (
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("d^z", "ʣ"),
    ("d^ʒ", "ʤ"),
    ("e^ɪ", "A"),
    ("s^s", "S"),
    ("t^s", "ʦ"),
    ("t^ʃ", "ʧ"),
    ("ɔ^ɪ", "Y"),
)
_ABROAD = (("o^ʊ", "O"), ("ə^ʊ", "Q"), ("-", ""))
_ENGLISH = (
    ("ʔˌn\u0329", "ʔn"),
    ("ʔn\u0329", "ʔn"),
    ("ə^l", "ᵊl"),
    ("ʲo", "jo"),
    ("ʲə", "jə"),
    ("e^ə", "ɛ^ə"),  # before the plain e, which is part of it
    ("e", "A"),
    ("ʲ", ""),
    ("ɚ", "əɹ"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ç", "k"),
    ("ɐ", "ə"),
    ("ɬ", "l"),
    ("\u0303", ""),
)
_BRITISH = (("ɛ^ə", "ɛː"), ("iə", "ɪə"), ("ə^ʊ", "Q"))
_AMERICAN = (("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""))
_ENGLISH_AT_LAST = (("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t"))
_SYLLABIC = re.compile("(\\S)\u0329")


def trained(phonemes: str, language: str) -> str:
    """Return phonemes as the network knows them.

    Args:
        phonemes: what espeak-ng spelled, with ties.
        language: espeak-ng's name of the language.
    """
    if not language.startswith("en-"):
        return _replaced(phonemes, (*_EVERYWHERE, *_ABROAD)).replace(TIE, "")
    spelled = _SYLLABIC.sub(r"ᵊ\1", _replaced(phonemes, (*_EVERYWHERE, *_ENGLISH))).replace("\u0329", "")
    variety = _BRITISH if language == "en-gb" else _AMERICAN
    return _replaced(spelled, (*variety, *_ENGLISH_AT_LAST)).replace(TIE, "")


def _replaced(phonemes: str, table: tuple[tuple[str, str], ...]) -> str:
    for old, new in table:
        phonemes = phonemes.replace(old, new)
    return phonemes
