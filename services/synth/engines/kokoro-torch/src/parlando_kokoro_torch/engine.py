"""Kokoro's engine, with the network on PyTorch."""

from __future__ import annotations

from parlando_kokoro.engine import KokoroEngine
from parlando_kokoro_torch.allocator import keep_memory
from parlando_kokoro_torch.model import loaded
from parlando_kokoro_torch.settings import KokoroTorchSettings
from parlando_synth.engine import Engine
from parlando_synth.threaded import ThreadedEngine


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = KokoroTorchSettings()
    if settings.keep_memory:
        keep_memory()
    kokoro = KokoroEngine(settings, name="kokoro-torch", load=lambda: loaded(settings))
    return ThreadedEngine(kokoro, instances=settings.live)
