"""A worker with a tiny Chatterbox; run in Chatterbox's own environment."""

from __future__ import annotations

from pathlib import Path

from tiny import reader

from parlando_chatterbox.engine import ChatterboxEngine
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_synth.__main__ import serve
from parlando_synth.engine import Engine
from parlando_synth.settings import SynthSettings
from parlando_synth.threaded import ThreadedEngine

_AT_ONCE = 4


def _create() -> Engine:
    settings = ChatterboxSettings(voices=Path("no such folder"), threads=1, live=_AT_ONCE)
    return ThreadedEngine(ChatterboxEngine(settings, lambda _model: reader()), instances=_AT_ONCE)


if __name__ == "__main__":
    serve(SynthSettings(), lambda _: _create)
