"""How soon each sentence is out, and how many cuts are wrong, beside stream2sentence in the same run.

    bench/boundaries.py [--verbose]

The passages of tests/data are fed one code point at a time. "Waited" counts the code points beyond a
sentence's end that had come before all of it was out; the last sentence of a passage, which the end of the
text gives out, is left out. A wrong cut is an end of a sentence passed over or found where none is; what a
setting gives out of the middle of a sentence on purpose (quick yield) is counted as found.

stream2sentence is the splitter of RealtimeTTS; "as RealtimeTTS" are the settings that it gets there by
default, but for the tokenizer: NLTK wants data from the network, stream2sentence's own rules do not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain

from passages import Cut, Passage, passages, waits, wrong_cuts
from stream2sentence import SentenceSplitter

from parlando_fragmenter.fragmenter import Fragmenter

_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "stream2sentence": {},
    "  auto context": {"auto_context": True},
    "  as RealtimeTTS": {"quick_yield_single_sentence_fragment": True},
    "  both": {"quick_yield_single_sentence_fragment": True, "auto_context": True},
    "  no least length": {
        "auto_context": True,
        "minimum_sentence_length": 1,
        "minimum_first_fragment_length": 1,
    },
    "  all fragments": {
        "quick_yield_every_fragment": True,
        "auto_context": True,
        "minimum_sentence_length": 1,
        "minimum_first_fragment_length": 1,
    },
}


def cuts_of_parlando(text: str) -> Iterator[Cut]:
    """Yield where the fragmenter cuts."""
    fragmenter = Fragmenter()
    for known, character in enumerate(text, start=1):
        for fragment in fragmenter.feed(character):
            yield Cut(len(text[: fragment.source.end].rstrip()), known, fragment.ends_sentence)
    for fragment in fragmenter.end():
        yield Cut(len(text[: fragment.source.end].rstrip()), len(text), fragment.ends_sentence)


def cuts_of_stream2sentence(text: str, settings: Mapping[str, object]) -> Iterator[Cut]:
    """Yield where stream2sentence cuts. It tells no positions and changes white space: letters count."""
    splitter = SentenceSplitter(**settings)
    at = 0

    def past(piece: str) -> int:
        end = at
        for character in "".join(piece.split()):
            end = text.index(character, end) + 1
        return end

    for known, character in enumerate(text, start=1):
        splitter.add(character)
        for piece in splitter.stream():
            at = past(piece)
            yield Cut(at, known, ends_sentence=True)
    for piece in splitter.flush():
        at = past(piece)
        yield Cut(at, len(text), ends_sentence=True)


def measure(cut: Callable[[str], Iterator[Cut]], texts: list[Passage]) -> tuple[list[list[int]], int, int]:
    """Return the waits by passage, and the ends that were passed over and wrongly found."""
    waited, passed, found = [], 0, 0
    for passage in texts:
        cuts = list(cut(passage.text))
        waited.append(waits(passage, cuts))
        more_passed, more_found = wrong_cuts(passage, cuts)
        passed, found = passed + more_passed, found + more_found
    return waited, passed, found


def report(name: str, waited: list[list[int]], passed: int, found: int, later: int) -> None:
    """Print one row."""
    figures = sorted(figure for figures in waited for figure in figures)
    cuts = statistics.quantiles(figures, n=100)
    print(
        f"{name:<20}{statistics.mean(figures):6.2f}{cuts[49]:6.0f}{cuts[94]:6.0f}{figures[-1]:6}"
        f"{passed:10}{found:8}{later:10}"
    )


def report_long_waits(texts: list[Passage], waited: list[list[int]]) -> None:
    """Print the sentences that waited for more than a space and the first code point of the next."""
    for passage, figures in zip(texts, waited, strict=True):
        for end, figure in zip(passage.ends, figures, strict=False):
            if figure > 2:
                before, after = passage.text[max(end - 30, 0) : end], passage.text[end : end + figure]
                print(f"{figure:4} {before!r} {after!r}")


def main() -> int:
    """Measure and print; fail where Parlando is later, or wrong more often."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verbose", action="store_true", help="print sentences that waited for more than 2")
    verbose = parser.parse_args().verbose
    texts = list(passages())
    ours, passed, found = measure(cuts_of_parlando, texts)
    count, followed = sum(len(passage.ends) for passage in texts), sum(map(len, ours))
    print(f"{count} sentences in {len(texts)} passages; {followed} have text after them")
    print(f"{'':<20}{'mean':>6}{'p50':>6}{'p95':>6}{'most':>6}{'not found':>10}{'wrong':>8}{'sooner*':>10}")
    report("Parlando", ours, passed, found, 0)
    good = True
    for name, settings in _SETTINGS.items():
        cut = partial(cuts_of_stream2sentence, settings=settings)
        theirs, more_passed, more_found = measure(cut, texts)
        pairs = zip(chain.from_iterable(ours), chain.from_iterable(theirs), strict=True)
        sooner = sum(other < mine for mine, other in pairs)
        report(name, theirs, more_passed, more_found, sooner)
        good = good and not sooner and passed + found < more_passed + more_found
    print("* sentences that this one has out sooner than Parlando")
    if verbose:
        report_long_waits(texts, ours)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
