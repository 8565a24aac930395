"""Fragments spoken by an engine that gives no sound before a fragment is done, on virtual time.

Text comes at the pace of a language model; after each fragment the fragmenter is told how playback stands.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.schedule import SPOKEN_PER_SECOND

_FILE = Path(__file__).parents[2] / "data" / "passages.txt"
_PROSE = " ".join(
    line.replace("|", "")
    for line in _FILE.read_text("utf-8").partition("## chat")[0].splitlines()
    if line and not line.startswith("## ")
)


@dataclass
class _Engine:
    """Speaks one fragment after another, and what it made is played at once.

    Attributes:
        factor: engine time per second of audio.
        dry: seconds in which nothing was left to play, after the first sound.
        heard_at: when the first sound came.
    """

    factor: float
    free_at: float = 0.0
    played_until: float | None = None
    heard_at: float = 0.0
    dry: float = 0.0

    def speak(self, fragment: Fragment, given_at: float) -> tuple[float, float]:
        """Return when the fragment is made, and the seconds queued then."""
        audio = len(fragment.spoken) / SPOKEN_PER_SECOND
        made_at = max(given_at, self.free_at) + self.factor * audio
        if self.played_until is None:
            self.heard_at = self.played_until = made_at
        self.dry += max(made_at - self.played_until, 0.0)
        self.played_until = max(self.played_until, made_at) + audio + fragment.pause_after
        self.free_at = made_at
        return made_at, self.played_until - made_at


def _play(text: str, pace: float, factor: float, *, known: bool) -> tuple[list[Fragment], _Engine]:
    """Return the fragments of a text that comes at a pace, in code points a second, and how they played.

    Args:
        text: all of it.
        pace: code points a second.
        factor: engine time per second of audio.
        known: whether the factor is told before the first fragment.
    """
    fragmenter, engine = Fragmenter(), _Engine(factor)
    fragments: list[Fragment] = []
    hints: list[tuple[float, float]] = []

    def take(given: list[Fragment], now: float) -> None:
        for fragment in given:
            fragments.append(fragment)
            if fragment.spoken:
                hints.append(engine.speak(fragment, now))

    if known:
        take(list(fragmenter.hint(0.0, factor)), 0.0)
    for count, character in enumerate(text, start=1):
        now = count / pace
        while hints and hints[0][0] <= now:
            made_at, queued = hints.pop(0)
            take(list(fragmenter.hint(queued, factor)), made_at)
        take(list(fragmenter.feed(character)), now)
    take(list(fragmenter.end()), len(text) / pace)
    return fragments, engine


@pytest.mark.parametrize("pace", [40, 200, 1e6])
def test_a_slow_engine_never_runs_dry_once_it_is_known_to_be_slow(pace: float) -> None:
    fragments, engine = _play(_PROSE, pace, 0.8, known=True)
    assert engine.dry == 0.0
    assert max(len(fragment.spoken) for fragment in fragments) > 60  # it is not cut small for ever


@pytest.mark.parametrize("pace", [40, 200])
def test_a_fast_engine_gets_whole_sentences(pace: float) -> None:
    fragments, engine = _play(_PROSE, pace, 0.1, known=True)
    assert engine.dry == 0.0
    later = fragments[4:]
    assert sum(fragment.ends_sentence for fragment in later) >= 0.95 * len(later)


@pytest.mark.parametrize("known", [True, False])
def test_the_first_fragment_is_small_whatever_the_engine(known: bool) -> None:  # noqa: FBT001  # drawn
    for factor in (0.1, 0.8):
        fragments, engine = _play(_PROSE, 200, factor, known=known)
        assert len(fragments[0].spoken) <= 30
        assert engine.heard_at <= 30 / 200 + factor * 30 / SPOKEN_PER_SECOND
