"""What a text suggests reaches the engine that knows the feeling, by the real fragmenter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parlando.synth.v1 import synth_pb2
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Instance
from parlando_synth.events import EngineEvent
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine
from tests.component.router.mesh import WorkerProcess, mesh, said, say

_GLAD = "That is good news. 😊"


class _Feeling(ScriptedEngine):
    """Knows two feelings, and notes the job's."""

    def __init__(self, settings: ScriptedSettings) -> None:
        super().__init__(settings)
        self.felt: list[tuple[str, float]] = []

    def describe(self) -> EngineDescription:
        return replace(super().describe(), emotions=("happy", "neutral"))

    def open(self) -> Instance:
        return _FeelingInstance(super().open(), self.felt)


class _FeelingInstance(Instance):
    def __init__(self, instance: Instance, felt: list[tuple[str, float]]) -> None:
        self._instance = instance
        self._felt = felt

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        self._felt.append((job.emotion, job.emotion_intensity))
        self._instance.synthesize(job, stop, emit)

    def close(self) -> None:
        self._instance.close()


async def test_an_engine_feels_what_the_text_shows_unless_it_is_told_otherwise() -> None:
    engine = _Feeling(ScriptedSettings())
    worker = WorkerProcess(engine=lambda: ThreadedEngine(engine, instances=1))
    async with mesh(worker) as router:
        engine.felt.clear()  # of what it spoke to nobody
        events = await said(router.stub.Say(say(_GLAD)))
        assert list(next(event.started for event in events if event.HasField("started")).ignored) == []
        asked = say(_GLAD)
        asked.settings.emotion.CopyFrom(synth_pb2.Emotion(name="neutral", intensity=0.2))
        await said(router.stub.Say(asked))
        events = await said(router.stub.Say(say("That is bad news. 😢")))
        assert list(next(event.started for event in events if event.HasField("started")).ignored) == []
    assert engine.felt == [("happy", 0.5), ("neutral", 0.2), ("", 0.5)]
