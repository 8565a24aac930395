"""Chatterbox keeps the contract, with each of its models."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tiny import tiny

from parlando_chatterbox.engine import ChatterboxEngine
from parlando_chatterbox.models import MODELS, Chatterbox
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_synth.contract import EngineContract
from parlando_synth.engine import Engine
from parlando_synth.threaded import ThreadedEngine

_WATCHED = 25  # syntheses: each takes some tenths of a second


@cache
def _small(name: str) -> Chatterbox:
    return tiny(MODELS[name], length=5 if name == "turbo" else 8)  # long texts are to be soon said


def _engine(name: str) -> Engine:
    settings = ChatterboxSettings.model_validate(
        {"model": name, "voices": Path("no such folder"), "threads": 1, "live": 2}
    )
    return ThreadedEngine(ChatterboxEngine(settings, lambda model: _small(model.name)), instances=2)


class TestEnglish(EngineContract):
    watched = _WATCHED

    @staticmethod
    def create_engine() -> Engine:
        return _engine("english")


class TestMultilingual(EngineContract):
    watched = _WATCHED

    @staticmethod
    def create_engine() -> Engine:
        return _engine("multilingual")


class TestTurbo(EngineContract):
    watched = _WATCHED

    @staticmethod
    def create_engine() -> Engine:
        return _engine("turbo")
