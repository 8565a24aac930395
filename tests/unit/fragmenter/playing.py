"""A fragmented text spoken by an engine, on virtual time.

Text comes at the pace of a language model; after each fragment the fragmenter is told how playback stands.
"""

from dataclasses import dataclass

from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.schedule import SPOKEN_PER_SECOND, Bounds


@dataclass
class Engine:
    """Speaks one fragment after another, each made before it is heard; what it made is played at once.

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


def play(
    text: str, pace: float, factor: float, *, known: bool, bounds: Bounds | None = None, whole: bool = False
) -> tuple[list[Fragment], Engine]:
    """Return the fragments of a text that comes at a pace, in code points a second, and how they played.

    Args:
        text: all of it.
        pace: code points a second.
        factor: engine time per second of audio.
        known: whether the factor is told before the first fragment.
        bounds: sizes of fragments.
        whole: the fragmenter is told that all of the text is there.
    """
    fragmenter, engine = Fragmenter(bounds=bounds, whole=whole), Engine(factor)
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
