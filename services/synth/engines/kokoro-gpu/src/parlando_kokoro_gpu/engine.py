"""Kokoro's engine, with the network on a GPU."""

from __future__ import annotations

from parlando_kokoro.engine import KokoroEngine
from parlando_kokoro_gpu.model import GpuModel
from parlando_kokoro_gpu.settings import KokoroGpuSettings
from parlando_synth.engine import Engine
from parlando_synth.threaded import ThreadedEngine


def engine(settings: KokoroGpuSettings) -> Engine:
    """Return the engine as settings say."""
    kokoro = KokoroEngine(settings, name="kokoro-gpu", load=lambda: GpuModel(settings))
    return ThreadedEngine(kokoro, instances=settings.live)


def create() -> Engine:
    """Return the engine as its settings say."""
    return engine(KokoroGpuSettings())
