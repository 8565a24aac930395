r"""Where words end in Chinese, Japanese and Thai: what libraries know of it, and what they cost.

    export PYTHONPATH=services/fragmenter/src:services/kit/src
    .venv/bin/uv run --no-project --python .venv/bin/python --with budoux --with jieba --with pythainlp \
        --with pyicu --with psutil -- python bench/words.py

The words of tests/data/words.txt, joined, are given to each library. "Wrong" is the share of its cuts that
fall within a word, by language; "apart" how many code points lie between two cuts at the mean and at the
most, so how far a cut is moved to find a place; then CPU a code point, the time until it is ready, and the
proportional set size that it adds. Each runs in a process of its own. Those that are not installed are named
and passed over; of them all only BudouX is a dependency of the fragmenter. The last lines tell how often
a cut that the fragmenter makes of BudouX's scores is within a word
(docs/decisions/0025-words-without-spaces.md).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import psutil

_TABLE = Path(__file__).parents[1] / "tests" / "data" / "words.txt"
_LANGUAGES = ("zh", "ja", "th")
_REPEATED = 20

Cut = Callable[[str], list[str]]
"""Returns the pieces of a text."""


def _budoux(name: str) -> Cut:
    budoux: Any = importlib.import_module("budoux")
    model = Path(budoux.__file__).parent / "models" / f"{name}.json"
    parse: Cut = budoux.Parser(json.loads(model.read_text("utf-8"))).parse
    return parse


def _jieba() -> Cut:
    jieba: Any = importlib.import_module("jieba")
    jieba.initialize()
    return lambda text: list(jieba.cut(text))


def _newmm() -> Cut:
    tokenize: Any = importlib.import_module("pythainlp.tokenize")
    return lambda text: list(tokenize.word_tokenize(text, engine="newmm"))


def _icu(language: str) -> Cut:
    icu: Any = importlib.import_module("icu")
    breaks = icu.BreakIterator.createWordInstance(icu.Locale(language))

    def cut(text: str) -> list[str]:
        breaks.setText(text)
        return [text[start:end] for start, end in pairwise([0, *breaks])]

    return cut


_CANDIDATES: Mapping[str, tuple[str, Mapping[str, Callable[[], Cut]]]] = {
    "BudouX": (
        "budoux",
        {
            "zh": lambda: _budoux("zh-hans"),
            "ja": lambda: _budoux("ja"),
            "th": lambda: _budoux("th"),
        },
    ),
    "BudouX, Japanese words": ("budoux", {"ja": lambda: _budoux("ja_word")}),
    "jieba": ("jieba", {"zh": _jieba}),
    "newmm": ("pythainlp", {"th": _newmm}),
    "ICU": ("icu", {language: lambda language=language: _icu(language) for language in _LANGUAGES}),  # type: ignore[misc]  # bound at once
}


def _cases() -> dict[str, list[list[str]]]:
    cases: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in _TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("## "):
            language, _, words = line.partition(" ")
            cases[language].append(words.split("|"))
    return cases


def _ends(pieces: Iterable[str]) -> list[int]:
    return list(accumulate(map(len, pieces)))[:-1]


def measure(cut: Cut, sentences: list[list[str]]) -> dict[str, float]:
    """Return the figures of one library on one language."""
    wrong = found = most = 0
    code_points = pieces = 0
    for words in sentences:
        cuts = _ends(cut("".join(words)))
        within = set(cuts) - set(_ends(words))
        wrong, found = wrong + len(within), found + len(cuts)
        length = sum(map(len, words))
        most = max(most, *(end - start for start, end in pairwise([0, *cuts, length])))
        code_points, pieces = code_points + length, pieces + len(cuts) + 1
    began = time.process_time()
    for _ in range(_REPEATED):
        for words in sentences:
            cut("".join(words))
    spent = time.process_time() - began
    return {
        "wrong": 100 * wrong / max(found, 1),
        "apart": code_points / pieces,
        "most": most,
        "us": 1e6 * spent / (code_points * _REPEATED),
    }


def _fragmenter_wrong(sentences: list[list[str]]) -> tuple[int, int]:
    """Return how many cuts of the fragmenter fall within a word, and of how many."""
    from parlando_fragmenter.unspaced import REACH, WITHIN, best_cut  # noqa: PLC0415  # it loads BudouX

    wrong = made = 0
    for words in sentences:
        text, ends = "".join(words), set(_ends([*words, ""]))
        cuts = [best_cut(text, high) for high in range(WITHIN, len(text) - REACH)]
        wrong, made = wrong + sum(cut not in ends for cut in cuts), made + len(cuts)
    return wrong, made


def _proportional() -> int:
    return int(psutil.Process(os.getpid()).memory_full_info().pss)


def _run(name: str) -> dict[str, Any]:
    cases = _cases()
    before, began = _proportional(), time.perf_counter()
    cuts = {language: make() for language, make in _CANDIDATES[name][1].items()}
    for language, cut in cuts.items():
        cut("".join(cases[language][0]))
    ready, grown = time.perf_counter() - began, _proportional() - before
    figures = {language: measure(cut, cases[language]) for language, cut in cuts.items()}
    return {"ready": 1000 * ready, "mb": grown / 1e6, "figures": figures}


def main() -> None:
    """Measure each candidate in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=_CANDIDATES, help="print one candidate's figures as JSON")
    only = parser.parse_args().only
    if only:
        print(json.dumps(_run(only)))
        return
    counts = ", ".join(f"{len(sentences)} {language}" for language, sentences in _cases().items())
    print(f"sentences: {counts}")
    print(f"{'':<24}{'wrong, %':>10}{'apart':>8}{'most':>6}{'CPU us':>8}{'ready ms':>10}{'PSS MB':>8}")
    for name, (module, _) in _CANDIDATES.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:<24} is not installed")
            continue
        run = subprocess.run(
            [sys.executable, __file__, "--only", name], stdout=subprocess.PIPE, check=True, text=True
        )
        said = json.loads(run.stdout)
        for language, each in said["figures"].items():
            print(
                f"{f'{name}, {language}':<24}{each['wrong']:10.1f}{each['apart']:8.1f}{each['most']:6.0f}"
                f"{each['us']:8.2f}{said['ready']:10.0f}{said['mb']:8.1f}"
            )
    for language, sentences in _cases().items():
        wrong, made = _fragmenter_wrong(sentences)
        print(f"the fragmenter, {language}: {wrong} of {made} cuts within a word, {100 * wrong / made:.1f} %")


if __name__ == "__main__":
    main()
