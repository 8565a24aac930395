"""The scripted engine keeps the contract, and an engine that breaks it is found out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.contract import EngineContract
from parlando_synth.description import EngineDescription
from parlando_synth.discovery import installed
from parlando_synth.engine import Engine
from parlando_synth.job import Job
from parlando_synth.threaded import ThreadedEngine


class TestScripted(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return installed("scripted")()


class TestOneThatDoesNotStreamAndEstimates(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        settings = ScriptedSettings(streams=False, timing="estimated", instances=1)
        return ThreadedEngine(ScriptedEngine(settings), instances=1)


class _Boastful(ScriptedEngine):
    """Renders the whole text before anything leaves, and says that it streams."""

    def describe(self) -> EngineDescription:
        return replace(super().describe(), streams=True)


async def test_fake_streaming_is_found_out() -> None:
    settings = ScriptedSettings(streams=False, rate=500.0)
    engine = ThreadedEngine(_Boastful(settings), instances=1)
    await engine.load()
    about = engine.describe()
    job = Job(text="lamps and steps and lamps again " * 60, voice=about.default_voice)
    with pytest.raises(AssertionError, match="declare streams=False"):
        await EngineContract().test_the_first_audio_leaves_before_the_last_is_made(engine, about, job)
    await engine.close()
