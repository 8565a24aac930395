"""Piper keeps the contract, with every kind of voice."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tiny import write_voice

from parlando_piper.engine import PiperEngine
from parlando_piper.settings import PiperSettings
from parlando_synth.contract import EngineContract
from parlando_synth.engine import Engine
from parlando_synth.threaded import ThreadedEngine


@cache
def _settings(*, timed: bool, several: bool) -> PiperSettings:
    folder = Path(mkdtemp(prefix="tiny-piper-"))
    write_voice(folder, timed=timed, several=several)
    return PiperSettings(voices=folder, threads=1, live=3)


def _engine(*, timed: bool, several: bool) -> Engine:
    settings = _settings(timed=timed, several=several)
    return ThreadedEngine(PiperEngine(settings), instances=settings.live)


class TestWithTimes(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return _engine(timed=True, several=False)


class TestWithoutTimes(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return _engine(timed=False, several=False)


class TestWithSpeakers(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return _engine(timed=True, several=True)
