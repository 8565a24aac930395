from itertools import accumulate
from pathlib import Path

import budoux
import pytest

from parlando_fragmenter.unspaced import REACH, WITHIN, best_cut
from tests.unit.fragmenter.feeding import fragments_of, pieces_of

_TABLE = Path(__file__).parents[2] / "data" / "words.txt"
_CHINESE = (
    "我们今天下午一起去公园散步然后在湖边的咖啡馆休息了一会儿"
    "因为昨天晚上下了很大的雨所以今天早上路上到处都是水"
)


def _sentences(language: str) -> list[list[str]]:
    lines = _TABLE.read_text("utf-8").splitlines()
    return [line[3:].split("|") for line in lines if line.startswith(f"{language} ")]


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_hardly_any_cut_falls_within_a_word(language: str) -> None:
    wrong = made = 0
    for words in _sentences(language):
        text, ends = "".join(words), set(accumulate(map(len, words)))
        cuts = [best_cut(text, high) for high in range(WITHIN, len(text) - REACH)]
        made += len(cuts)
        wrong += sum(cut not in ends for cut in cuts)
    assert made > 80
    assert wrong / made < 0.02


@pytest.mark.parametrize(
    ("language", "parser"),
    [
        ("zh", budoux.load_default_simplified_chinese_parser()),
        ("ja", budoux.load_default_japanese_parser()),
        ("th", budoux.load_default_thai_parser()),
    ],
)
def test_a_cut_is_one_that_the_library_makes(language: str, parser: budoux.Parser) -> None:
    for words in _sentences(language):
        text = "".join(words)
        library = set(accumulate(map(len, parser.parse(text))))
        for high in range(WITHIN, len(text) - REACH):
            if not library.isdisjoint(range(high - WITHIN + 1, high + 1)):
                assert best_cut(text, high) in library


def test_a_cut_depends_on_what_lies_around_it_alone() -> None:
    for high in range(WITHIN, len(_CHINESE) - REACH):
        assert best_cut(_CHINESE, high) == best_cut(_CHINESE[: high + REACH], high)


@pytest.mark.parametrize("text", ["a" * 40, "띄어쓰기를 합니다" * 4, "1234567890" * 4, "👍" * 40, ""])
def test_nothing_is_told_of_text_that_parts_its_words(text: str) -> None:
    assert best_cut(text, 30) is None


def test_text_without_any_mark_is_cut_by_the_schedule() -> None:
    fragments = fragments_of([_CHINESE])
    assert [fragment.spoken for fragment in fragments] == [
        "我们今天下午一起去公园散步然后在湖边的",
        "咖啡馆休息了一会儿因为昨天晚上下了很大的雨所以今天早上路上到处都是水",
    ]
    assert fragments_of(_CHINESE) == fragments
    assert fragments_of(pieces_of(_CHINESE, [5, 3])) == fragments
