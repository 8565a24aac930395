"""Fragments spoken by an engine that gives no sound before a fragment is done, on virtual time."""

from pathlib import Path

import pytest

from parlando_fragmenter.schedule import SPOKEN_PER_SECOND
from tests.unit.fragmenter.playing import play

_FILE = Path(__file__).parents[2] / "data" / "passages.txt"
_PROSE = " ".join(
    line.replace("|", "")
    for line in _FILE.read_text("utf-8").partition("## chat")[0].splitlines()
    if line and not line.startswith("## ")
)


@pytest.mark.parametrize("pace", [40, 200, 1e6])
def test_a_slow_engine_never_runs_dry_once_it_is_known_to_be_slow(pace: float) -> None:
    fragments, engine = play(_PROSE, pace, 0.8, known=True)
    assert engine.dry == 0.0
    assert max(len(fragment.spoken) for fragment in fragments) > 60  # it is not cut small for ever


def test_a_slow_engine_never_runs_dry_where_all_of_the_text_is_there() -> None:
    _, engine = play(_PROSE, 1e6, 0.8, known=True, whole=True)
    assert engine.dry == 0.0


@pytest.mark.parametrize("pace", [40, 200])
def test_a_fast_engine_gets_whole_sentences(pace: float) -> None:
    fragments, engine = play(_PROSE, pace, 0.1, known=True)
    assert engine.dry == 0.0
    later = fragments[4:]
    assert sum(fragment.ends_sentence for fragment in later) >= 0.95 * len(later)


@pytest.mark.parametrize("known", [True, False])
def test_the_first_fragment_is_small_whatever_the_engine(known: bool) -> None:  # noqa: FBT001  # drawn
    for factor in (0.1, 0.8):
        fragments, engine = play(_PROSE, 200, factor, known=known)
        assert len(fragments[0].spoken) <= 30
        assert engine.heard_at <= 30 / 200 + factor * 30 / SPOKEN_PER_SECOND
