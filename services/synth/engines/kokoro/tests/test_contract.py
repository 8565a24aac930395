"""Kokoro keeps the contract, with every kind of export."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from onnx import TensorProto
from tiny import write_network, write_network_in_layers, write_voices

from parlando_kokoro.engine import KokoroEngine
from parlando_kokoro.settings import KokoroSettings
from parlando_synth.contract import EngineContract
from parlando_synth.engine import Engine
from parlando_synth.threaded import ThreadedEngine


@cache
def _settings(symbols: str, speed: int, *, durations: bool) -> KokoroSettings:
    folder = Path(mkdtemp(prefix="tiny-kokoro-"))
    model = write_network(folder / "tiny.onnx", symbols=symbols, speed=speed, durations=durations)
    return KokoroSettings(model=model, voices=write_voices(folder / "voices.bin"), threads=1, live=3)


def _engine(symbols: str, speed: int, *, durations: bool) -> Engine:
    settings = _settings(symbols, speed, durations=durations)
    return ThreadedEngine(KokoroEngine(settings), instances=settings.live)


class TestWithDurations(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return _engine("input_ids", TensorProto.FLOAT, durations=True)


class TestWithoutDurations(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return _engine("tokens", TensorProto.FLOAT, durations=False)


class TestWithWholeSpeeds(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return _engine("input_ids", TensorProto.INT32, durations=True)


@cache
def _windowed() -> KokoroSettings:
    folder = Path(mkdtemp(prefix="tiny-kokoro-"))
    model = write_network_in_layers(folder / "layers.onnx")
    voices = write_voices(folder / "voices.bin")
    return KokoroSettings(model=model, voices=voices, threads=1, live=3, windowed=True)


class TestInWindows(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return ThreadedEngine(KokoroEngine(_windowed()), instances=3)
