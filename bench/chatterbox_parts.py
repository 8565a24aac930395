"""Chatterbox from its parts against the library's own `generate`, text by text in the same run.

    services/synth/engines/chatterbox/.venv/bin/python -W ignore bench/chatterbox_parts.py [--full]

Run in the engine's environment. The networks are those of its tests, or with --full of published size
and random weights: they say noise, and take as long as speech of that length. Both take turns on one thread;
figures are medians of CPU seconds, which others on the machine change little. Four sentences say what a job
of several gains from its later windows. Exits with 1 where the first audio takes more than a third of the
library's time.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ENGINE = Path(__file__).parents[1] / "services/synth/engines/chatterbox"
sys.path.insert(0, str(ENGINE / "tests"))

from tiny import SENTENCE, full, tiny  # noqa: E402  # in the engine's tests

from parlando_chatterbox.engine import ChatterboxEngine, ChatterboxInstance  # noqa: E402  # likewise
from parlando_chatterbox.models import MODELS, Chatterbox  # noqa: E402  # likewise
from parlando_chatterbox.settings import ChatterboxSettings  # noqa: E402  # likewise
from parlando_synth.events import Audio, EngineEvent  # noqa: E402  # likewise
from parlando_synth.job import Job  # noqa: E402  # likewise
from parlando_synth.stop_flag import StopFlag  # noqa: E402  # likewise
from parlando_synth.untimed import sentences  # noqa: E402  # likewise

TEXT = "Every evening the old keeper climbed the hundred steps."
FOUR = (
    f"{TEXT} He lit the great lamp, and watched the ships that passed the cape. Nobody else could see "
    "them that night. Then he went down again, and slept until the morning."
)
STOPS = (0.0, 0.02, 0.07, 0.2)
"""Seconds after the first audio at which it is stopped."""

MOST = 1 / 3
"""First audio, in proportion to the library's time for the same text."""


def ours(instance: ChatterboxInstance, text: str = TEXT) -> tuple[float, float, float]:
    """Return CPU seconds to the first audio and in all, and seconds of audio."""
    began, first, samples = time.process_time(), 0.0, 0

    def emit(event: EngineEvent) -> None:
        nonlocal first, samples
        if isinstance(event, Audio):
            first = first or time.process_time() - began
            samples += len(event.pcm) // 2

    instance.synthesize(Job(text, "default"), StopFlag(), emit)
    return first, time.process_time() - began, samples / 24_000


def library(chatterbox: Chatterbox, name: str, text: str = TEXT) -> tuple[float, float]:
    """Return CPU seconds that `generate` takes, and seconds of audio."""
    language = {"language_id": "en"} if name == "multilingual" else {}
    began = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        samples = chatterbox.generate(text, **language)
    return time.process_time() - began, samples.shape[1] / 24_000


def theirs(chatterbox: Chatterbox, name: str) -> float:
    """Return CPU seconds that `generate` takes for four sentences, one by one."""
    return sum(library(chatterbox, name, FOUR[part.start : part.end])[0] for part in sentences(FOUR))


def stop(instance: ChatterboxInstance, after: float) -> float:
    """Return seconds from a stop until the instance is idle; it comes so long after the first audio.

    0 where it was idle before.
    """
    flag, came = StopFlag(), 0.0

    def ask() -> None:
        nonlocal came
        came = time.perf_counter()
        flag.set()

    started = False

    def emit(event: EngineEvent) -> None:
        nonlocal started
        if isinstance(event, Audio) and not started:
            started = True
            threading.Timer(after, ask).start()

    instance.synthesize(Job(TEXT * 3, "default"), flag, emit)
    return time.perf_counter() - came if came else 0.0


def measured(name: str, make: Callable[[], Chatterbox], rounds: int) -> bool:
    """Print the figures of a model; return whether the first audio keeps within its limit."""
    began = time.perf_counter()
    chatterbox = make()
    built = time.perf_counter() - began
    parameters = sum(p.numel() for part in (chatterbox.t3, chatterbox.s3gen) for p in part.parameters()) / 1e6
    settings = ChatterboxSettings.model_validate({"model": name, "voices": "no such folder", "threads": 1})
    instance = ChatterboxEngine(settings, lambda _model: chatterbox).open()
    library(chatterbox, name)
    rows = [(ours(instance), library(chatterbox, name)) for _ in range(rounds)]
    first, whole, audio = (statistics.median(row[0][place] for row in rows) for place in range(3))
    alone, their_audio = (statistics.median(row[1][place] for row in rows) for place in range(2))
    several = [ours(instance, FOUR)[1] / theirs(chatterbox, name) for _ in range(max(rounds // 2, 1))]
    stops = [stop(instance, after) for after in STOPS]
    print(f"{name}: {parameters:.0f} M parameters, built in {built:.1f} s")
    print(f"  from its parts: first audio {first:.3f} s, all {whole:.3f} s, {audio:.2f} s of audio")
    print(f"  generate: {alone:.3f} s, {their_audio:.2f} s of audio")
    print(f"  first / generate {first / alone:.2f}; all / generate {whole / alone:.2f}")
    print(f"  four sentences: all / generate of each {statistics.median(several):.2f}")
    print(f"  stop to idle: {max(stops) * 1_000:.0f} ms at most of {len(stops)}", flush=True)
    instance.close()
    return first / alone <= MOST


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="networks of published size")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    arguments = parser.parse_args()
    logging.disable(logging.ERROR)
    kept = [
        measured(
            name,
            lambda name=name: full(MODELS[name]) if arguments.full else tiny(MODELS[name], SENTENCE),
            arguments.rounds,
        )
        for name in arguments.models
    ]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
