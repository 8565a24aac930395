r"""Sentence splitters on the Golden Rules and on speed, those beside Parlando's that are installed.

    export PYTHONPATH=services/fragmenter/src:services/kit/src
    .venv/bin/uv run --no-project --python .venv/bin/python --with pysbd --with nupunkt --with blingfire \
        --with pyicu -- python bench/splitters.py

None of the others is a dependency of anything; the line above gets them for this run alone (pyicu is built,
and wants Debian's libicu-dev). They get whole texts, which is what they take; Parlando's gets one code point
at a time on the rules, and pieces of 4,096 on speed.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from passages import passages

from parlando_fragmenter.gap import Strength
from parlando_fragmenter.segmenter import Segmenter

_RULES = Path(__file__).parents[1] / "tests" / "data" / "golden_rules.json"
_LANGUAGES = ("en", "de", "fr", "es", "it", "hi", "ja", "zh", "ar")
_TEXT = " ".join(passage.text for passage in passages()) + " "
_PIECE = 4096

Split = Callable[[str], list[str]]


def parlando(_language: str, size: int = 1) -> Split:
    """Return Parlando's splitter, fed in pieces of a size. It is not told the language."""

    def split(text: str) -> list[str]:
        segmenter = Segmenter()
        found = [b for at in range(0, len(text), size) for b in segmenter.feed(text[at : at + size])]
        ends = [b.position for b in [*found, *segmenter.flush()] if b.strength >= Strength.SENTENCE]
        return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]

    return split


def pysbd(language: str) -> Split:
    """Return pySBD's."""
    segmenter = importlib.import_module("pysbd").Segmenter(language=language, clean=False)
    return lambda text: list(segmenter.segment(text))


def nupunkt(_language: str) -> Split:
    """Return nupunkt's."""
    tokenize: Any = importlib.import_module("nupunkt").sent_tokenize
    return lambda text: list(tokenize(text))


def blingfire(_language: str) -> Split:
    """Return blingfire's."""
    tokenize: Any = importlib.import_module("blingfire").text_to_sentences
    return lambda text: str(tokenize(text)).split("\n")


def icu(language: str) -> Split:
    """Return ICU's, its lists of abbreviations on."""
    module = importlib.import_module("icu")
    breaks = module.BreakIterator.createSentenceInstance(module.Locale(f"{language}@ss=standard"))

    def split(text: str) -> list[str]:
        written = module.UnicodeString(text)  # counts in UTF-16 code units
        breaks.setText(written)
        ends = list(breaks)
        return [str(written[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    return split


_SPLITTERS: Mapping[str, Callable[[str], Split]] = {
    "Parlando": parlando,
    "pySBD": pysbd,
    "nupunkt": nupunkt,
    "blingfire": blingfire,
    "ICU": icu,
}


def right(make: Callable[[str], Split], language: str) -> str:
    """Return how many of a language's rules are right."""
    cases = json.loads(_RULES.read_text("utf-8"))["rules"][language]
    split = make(language)
    good = 0
    for case in cases:
        sentences = [sentence.strip() for sentence in split(case["text"]) if sentence.strip()]
        good += sentences == case["sentences"]
    return f"{good}/{len(cases)}"


def rate(split: Split, times: int) -> float:
    """Return code points a CPU second of the passages so many times over."""
    text = _TEXT * times
    began = time.process_time()
    split(text)
    return len(text) / (time.process_time() - began)


def main() -> None:
    """Measure and print."""
    print(f"{'':<10}" + "".join(f"{language:>7}" for language in _LANGUAGES), end="")
    print(f"{len(_TEXT):>12,}{4 * len(_TEXT):>12,} code points: how many a CPU second")
    for name, make in _SPLITTERS.items():
        try:
            figures = "".join(f"{right(make, language):>7}" for language in _LANGUAGES)
        except ImportError:
            print(f"{name:<10} is not installed")
            continue
        make("en")("Once, so that it is loaded.")
        split = parlando("en", _PIECE) if make is parlando else make("en")
        print(f"{name:<10}{figures}{rate(split, 1):>12,.0f}{rate(split, 4):>12,.0f}")


if __name__ == "__main__":
    main()
