"""The engine, by the name of its entry point."""

from __future__ import annotations

from parlando_alltalk.settings import AllTalkSettings
from parlando_alltalk.vendor import AllTalkVendor
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = AllTalkSettings()
    return RemoteEngine(AllTalkVendor(settings), settings)
