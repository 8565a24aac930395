"""How many fragments are a word or two of a sentence, and how they came about.

    bench/rests.py

Texts of tests/data are spoken on virtual time by an engine that gives no sound before a fragment is done:
whole texts, cut as ones that grow and as ones that are all there, and texts that grow at several paces. The
engine's pace is told at first, as the router does where it is known ("?" where not), and after each fragment
how playback stands. A sentence of its own is not counted, however short. In Chinese, Japanese and Thai two
letters count for a word.

Printed are the short fragments that end a sentence after a word and after a clause, those within one and
those that begin one; the mean time of the first sound; and how many texts ran dry, and for how long in all.
Times are in seconds.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from passages import passages

sys.path.insert(0, str(Path(__file__).parents[1]))

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.schedule import Bounds
from tests.unit.fragmenter.playing import play

ALL_AT_ONCE = 1e9
"""The pace of a text that is there, in code points a second."""

_DATA = Path(__file__).parents[1] / "tests" / "data"
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff\u0e00-\u0e7f]")
_WORD = re.compile(r"\w[\w'\u2019.-]*")
_SHORT = 2
"""Words that a short fragment has at the most."""

_ENGINES = ((0.02, True, 80), (0.35, True, 24), (0.35, False, 24), (0.8, True, 24))
"""Engine time per second of audio, whether it is known, and the router's first target for a whole text."""


def texts() -> Iterator[str]:
    """Yield the texts: passages, the Golden Rules, and sentences of many languages."""
    for passage in passages():
        yield passage.text
    for rules in json.loads((_DATA / "golden_rules.json").read_text("utf-8"))["rules"].values():
        for rule in rules:
            yield rule["text"]
    by_language = defaultdict[str, list[str]](list)
    for sentence in json.loads((_DATA / "languages.json").read_text("utf-8")):
        by_language[sentence["language"]].append(sentence["text"])
    for sentences in by_language.values():
        yield " ".join(sentences)
    for sentence in json.loads((_DATA / "texts.json").read_text("utf-8")):
        yield sentence["text"]
    for line in _lines("languages_unseen.txt"):
        yield re.sub(r"\{\w\w\|([^}]*)\}", r"\1", line)
    for line in _lines("words.txt"):
        yield line.replace("|", "")


def _lines(name: str) -> Iterator[str]:
    """Yield the lines of a file, the language before each taken off."""
    for line in (_DATA / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.partition(" ")[2]


def words(spoken: str) -> int:
    """Return how many words a fragment has."""
    if _UNSPACED.search(spoken):
        return (len(re.findall(r"\w", spoken)) + 1) // 2
    return len(_WORD.findall(spoken))


def short_ones(fragments: Sequence[Fragment]) -> Iterator[tuple[int, str]]:
    """Yield the words of each fragment that is short and no sentence of its own, and how it came about."""
    begins, after = True, ""
    for fragment in fragments:
        if not fragment.spoken:
            continue
        whole = begins and fragment.ends_sentence
        if not whole and words(fragment.spoken) <= _SHORT:
            place = "begins" if begins else "ends" if fragment.ends_sentence else "within"
            yield words(fragment.spoken), place if begins else f"{place} after a {after}"
        begins = fragment.ends_sentence
        after = "clause" if fragment.pause_after else "word"


def report(name: str, pace: float, engine: tuple[float, bool, int], *, whole: bool) -> None:
    """Speak all texts and print one row."""
    factor, known, first = engine
    bounds = Bounds(first=first) if pace == ALL_AT_ONCE else Bounds()
    fragments = one = dry = 0
    silent = sound = 0.0
    ways = Counter[str]()
    spoken_texts = [text for text in texts() if text.strip()]
    for text in spoken_texts:
        found, engine_at_work = play(text, pace, factor, known=known, bounds=bounds, whole=whole)
        fragments += sum(bool(fragment.spoken) for fragment in found)
        for count, way in short_ones(found):
            one += count <= 1
            ways[way] += 1
        dry += engine_at_work.dry > 0
        silent += engine_at_work.dry
        sound += engine_at_work.heard_at
    print(
        f"{name:<28}{factor:5}{'' if known else '?':<2}{fragments:9}{one:9}{ways.total():9}"
        f"{ways['ends after a word']:9}{ways['ends after a clause']:9}"
        f"{sum(count for way, count in ways.items() if way.startswith('within')):8}{ways['begins']:8}"
        f"{sound / len(spoken_texts):8.3f}{dry:5}{silent:8.1f}"
    )


def main() -> int:
    """Measure and print."""
    print(
        f"{'':<28}{'pace':<7}{'fragments':>9}{'one word':>9}{'1 or 2':>9}{'word':>9}{'clause':>9}"
        f"{'within':>8}{'begin':>8}{'sound':>8}{'dry':>5}{'s':>8}"
    )
    for engine in _ENGINES:
        report("whole, cut as one that grows", ALL_AT_ONCE, engine, whole=False)
        report("whole", ALL_AT_ONCE, engine, whole=True)
    for pace in (15, 40, 200):
        for factor, known, _ in _ENGINES:
            report(f"grows by {pace} a second", pace, (factor, known, 0), whole=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
