"""Where the sound of a command goes: `-o FILE`, `-o -`, or a sound device."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from parlando_client.cli.failure import Failure
from parlando_client.cli.playback import find_player, why_silent
from parlando_client.cli.sinks import FileSink, PlayerSink, Sink, StreamSink


def chosen_sink(output: str | None) -> Sink:
    """Return where sound goes, by what `-o` says; None is a sound device.

    Raises:
        Failure: there is no such place.
    """
    if output == "-":
        if sys.stdout.isatty():
            raise Failure("standard output is a terminal: send it to a file or a program, or leave out -o -")
        return StreamSink(sys.stdout.fileno())
    if output is not None:
        path = Path(output)
        if path.suffix.lower() != ".wav":
            raise Failure(f"{output} is no .wav file: only WAV is written, as in -o speech.wav")
        return FileSink(path)
    player = find_player(os.environ)
    if player is None:
        raise Failure(why_silent(os.environ))
    return PlayerSink(player)
