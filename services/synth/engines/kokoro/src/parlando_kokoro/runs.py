"""Where a reading is cut into runs of the network."""

from __future__ import annotations

from parlando_kokoro.network import LONGEST_RUN
from parlando_synth.reading import Reading

SHORTEST = 10
"""Symbols of the shortest run, about two words; less where that alone is made in time, or is all there is."""

LONGEST = 160
"""Symbols of the longest run: about 13 s of speech. Longer ones are no cheaper, and a stop wastes more."""

AMPLE = 80
"""Symbols after which a run ends at the next mark: all that more would do is have a stop waste more."""

_SENTENCE = ".!?…"
_CLAUSE = ",;:—"
_REST = 1.25  # a rest this little longer than a run is not cut: a short run at the end sounds hurried


def next_cut(reading: Reading, start: int, size: int, ample: int = AMPLE) -> int:
    """Return where the run that begins at a symbol ends, its space left out.

    The last end of a sentence within `ample` and beyond half of it, else of a clause there; else the first of
    either after that, else the last end of a word; a word longer than that is taken whole, up to what the
    network can take.

    Args:
        reading: what is said.
        start: first symbol of the run.
        size: symbols that the run may have, `SHORTEST` to `LONGEST`.
        ample: of them, those that are enough.
    """
    symbols = reading.symbols
    left = len(symbols) - start
    ample = min(ample, size)
    if left <= min(ample * _REST, LONGEST_RUN):
        return len(symbols)
    spaces = [
        index for index in range(start + 1, min(start + size + 1, len(symbols))) if symbols[index] == " "
    ]

    def ends(space: int, marks: str) -> bool:
        return symbols[space - 1] in marks or symbols[max(space - 2, start)] in marks

    for marks in (_SENTENCE, _CLAUSE):
        near = [space for space in spaces if ample / 2 <= space - start <= ample and ends(space, marks)]
        if near:
            return near[-1]
    beyond = [space for space in spaces if space - start > ample and ends(space, _SENTENCE + _CLAUSE)]
    if beyond:
        return beyond[0]
    if left <= min(size * _REST, LONGEST_RUN):
        return len(symbols)
    if spaces:
        return spaces[-1]
    following = symbols.find(" ", start + size, start + LONGEST_RUN)
    return following if following >= 0 else min(start + LONGEST_RUN, len(symbols))


def next_sentence(reading: Reading, start: int) -> int:
    """Return where the sentence ends that begins at a symbol; before that where the network takes no more."""
    symbols = reading.symbols
    place = symbols.find(" ", start + SHORTEST)
    while place >= 0 and not set(symbols[max(place - 2, start) : place]) & set(_SENTENCE):
        place = symbols.find(" ", place + 1)
    end = place if place >= 0 else len(symbols)
    if end - start <= LONGEST_RUN:
        return end
    most = round(LONGEST_RUN / _REST)
    return next_cut(reading, start, most, ample=most)


class Pace:
    """How long a run of so many symbols takes here, learned from the runs there were.

    Symbols are counted as at the usual rate: spoken twice as slowly, a symbol takes twice as long.

    Args:
        first_run: seconds that a run may take while its listener has nothing to hear.

    Attributes:
        per_symbol: seconds a symbol, lately.
    """

    _FIXED = 0.02  # seconds that any run takes
    # Weight of the latest run: a machine that has become slower is heard, one that is faster is not.
    _SLOWER, _FASTER = 0.7, 0.2
    _RESERVE = 0.5  # of what is queued, the part that stays when the run is done
    _UNHEARD = 0.05  # seconds of what is queued that have not left: the end of a run waits for the next

    def __init__(self, first_run: float) -> None:
        self._first_run = first_run
        self.per_symbol = 0.0

    def begin(self, symbols: int, seconds: float) -> None:
        """Take a run on an idle machine for what they all take."""
        self.per_symbol = self._of(symbols, seconds)

    def learn(self, symbols: int, seconds: float, *, speed: float = 1.0) -> None:
        """Take note of a run, the time it waited for others included; one of few symbols tells little."""
        change = self._of(symbols / speed, seconds) - self.per_symbol
        weight = self._SLOWER if change > 0 else self._FASTER
        self.per_symbol += change * weight * min(symbols / SHORTEST, 1.0)

    def size(self, queued: float, *, speed: float = 1.0) -> int:
        """Return how many symbols the next run may have.

        So many that the run takes as long as a first one may, or half of what is queued; but no more than are
        done before the listener runs dry, where half of the shortest run is.

        Args:
            queued: seconds of audio that the listener still has.
            speed: how fast they are spoken, in proportion to the usual rate.
        """
        wanted = max(self._within(max(queued * self._RESERVE, self._first_run), speed), SHORTEST)
        in_time = self._within(queued - self._UNHEARD, speed)
        if in_time >= SHORTEST / 2:
            wanted = min(wanted, in_time)
        return round(min(wanted, LONGEST * min(speed, 1.0)))

    def estimate(self, symbols: int) -> float:
        """Return how many seconds a run of so many symbols takes."""
        return self._FIXED + symbols * self.per_symbol

    def _within(self, seconds: float, speed: float) -> float:
        return (seconds - self._FIXED) / max(self.per_symbol, 1e-9) * speed

    def _of(self, symbols: float, seconds: float) -> float:
        return max(seconds - self._FIXED, 0.0) / symbols
