"""How long a listener waits in silence on a machine whose speed changes, in thought: by how runs are sized.

    PYTHON bench/kokoro_pace.py

PYTHON is that of Kokoro's own environment. A text of 1,100 symbols, again and again, on a simulated machine
that at times takes several times as long for a run; nothing is synthesised. Pace as it is, and as it would be
if it believed slow runs no sooner than fast ones.
"""

from __future__ import annotations

import random
import statistics

from parlando_kokoro.runs import Pace

_TEXTS = 2_000
_SYMBOLS = 1_100
_PER_SYMBOL, _FIXED, _AUDIO = 0.022, 0.02, 0.08  # seconds of an idle machine, and of what is heard
_CHANGES = 0.35  # how likely the machine's speed is another one in the next run


class _EvenPace(Pace):
    _SLOWER = 0.2


def spoken(kind: type[Pace], slowest: float, chance: random.Random) -> tuple[float, int]:
    """Speak a text in thought; return seconds of silence after the first audio, and runs."""
    pace = kind(first_run=0.25)
    pace.begin(20, _FIXED + 20 * _PER_SYMBOL)
    now, slow, silence, left, runs = 0.0, 1.0, 0.0, _SYMBOLS, 0
    dry: float | None = None
    while left > 0:
        size = min(pace.size(dry - now if dry is not None else 0.0), left)
        if chance.random() < _CHANGES:
            slow = chance.choice((1.0, 1.0, slowest / 2, slowest))
        took = _FIXED + size * _PER_SYMBOL * slow * chance.uniform(0.9, 1.1)
        now += took
        silence += max(now - dry, 0.0) if dry is not None else 0.0
        dry = max(dry if dry is not None else now, now) + size * _AUDIO
        pace.learn(size, took)
        left, runs = left - size, runs + 1
    return silence, runs


def main() -> None:
    """Simulate and print."""
    for slowest in (2, 3, 4):
        for kind, what in ((_EvenPace, "even"), (Pace, "as it is")):
            chance = random.Random(0)  # noqa: S311  # a simulation
            silences, runs = zip(*(spoken(kind, slowest, chance) for _ in range(_TEXTS)), strict=True)
            late = sum(silence > 0 for silence in silences) / _TEXTS
            print(
                f"up to {slowest} times slower, {what:8}: silence {statistics.fmean(silences):.3f} s a text, "
                f"in {late:.0%} of them; {statistics.fmean(runs):.1f} runs"
            )


if __name__ == "__main__":
    main()
