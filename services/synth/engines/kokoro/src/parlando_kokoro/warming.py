"""A network made warm, by runs that grow until one takes long enough to tell how quick the machine is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from parlando_kokoro.network import Network
from parlando_kokoro.runs import LONGEST, Pace
from parlando_kokoro.symbols import MARKS
from parlando_kokoro.voices import VoiceBook
from parlando_synth.reading import read_phonemes
from parlando_synth.stop_flag import StopFlag

_WORDS = "həlˈoʊ wˈɜːld "
_TELLING = 0.1
"""Seconds of a run that tells what a symbol takes: a shorter one is mostly what any run takes."""


def warm_up(model: Network, book: VoiceBook, pace: Pace, now: Callable[[], float] = time.monotonic) -> None:
    """Have a network speak to nobody, and tell its pace what that took.

    Args:
        model: the network.
        book: its voices; the default one speaks.
        pace: is begun.
        now: the time in seconds.
    """
    speaker = next(voice for voice in book.voices if voice.id == book.default)
    text = _WORDS
    while True:
        reading = read_phonemes(text[:LONGEST].strip(), model.vocabulary, MARKS)
        symbols = [model.vocabulary[symbol] for symbol in reading.symbols]
        for _ in range(2):  # the first run lays out memory
            began = now()
            run = model.run(symbols, book.style(speaker, len(symbols)), 1.0, StopFlag())
            deque(run.windows if run is not None else (), maxlen=0)  # windows are made as they are asked for
            took = now() - began
        pace.begin(len(symbols), took)
        if took >= _TELLING or len(text) >= LONGEST:
            return
        text += text
