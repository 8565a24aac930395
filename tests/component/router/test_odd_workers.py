"""Workers of a later version, and workers that are not ours."""

from __future__ import annotations

import grpc
import pytest

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from tests.component.router.mesh import DEADLINE, failure, kinds, routing, said, say
from tests.component.router.odd_worker import SOUND, OddWorker, serving, started


@pytest.mark.parametrize(
    "responses",
    [
        [],
        [SOUND],
        [started()],
        [started(), SOUND],
        [started(0), SOUND],
        [started(99), SOUND],
        [started(), synth_pb2.SynthesizeResponse(audio=synth_pb2.SynthesisAudio(pcm=b"\x00"))],
        [
            started(),
            synth_pb2.SynthesizeResponse(
                words=synth_pb2.SynthesisWords(
                    words=[audio_pb2.WordTiming(spoken=audio_pb2.SpokenSpan(start=5, end=1))]
                )
            ),
        ],
    ],
    ids=[
        "nothing",
        "no start",
        "start alone",
        "no end",
        "no quality",
        "odd quality",
        "odd bytes",
        "odd span",
    ],
)
async def test_a_worker_that_breaks_the_contract_is_the_engines_failure(
    responses: list[synth_pb2.SynthesizeResponse],
) -> None:
    worker = OddWorker()
    worker.responses = responses
    async with serving(worker) as address, routing([address]) as router:
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.ENGINE_FAILED


@pytest.mark.parametrize(
    ("deadline", "at_most"),
    [(8.0, 8.0), (None, DEADLINE), (600.0, DEADLINE)],
    ids=["sooner", "none", "later"],
)
async def test_a_synthesis_may_last_no_longer_than_the_call_it_is_for(
    deadline: float | None, at_most: float
) -> None:
    worker = OddWorker()
    async with serving(worker) as address, routing([address]) as router:
        await failure(said(router.stub.Say(say("Orange lamp."), timeout=deadline)))
    assert worker.seconds_left
    assert [round(left / at_most) for left in worker.seconds_left] == [1] * len(worker.seconds_left)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.CANCELLED, Reason.DEPENDENCY_UNAVAILABLE),
        (grpc.StatusCode.INTERNAL, Reason.ENGINE_FAILED),
        (grpc.StatusCode.UNKNOWN, Reason.ENGINE_FAILED),
        (grpc.StatusCode.UNAVAILABLE, Reason.DEPENDENCY_UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.OVERLOADED),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Reason.TOO_LATE),
    ],
)
async def test_a_bare_status_of_a_worker_has_a_reason_and_keeps_its_words_to_itself(
    code: grpc.StatusCode, reason: Reason
) -> None:
    worker = OddWorker()
    worker.code = code
    async with serving(worker) as address, routing([address]) as router:
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is reason
        assert "spoken" not in error.message


async def test_words_that_cannot_be_are_not_pronounced() -> None:
    async with serving(OddWorker()) as address, routing([address]) as router:
        error = await failure(router.stub.Phonemize(speech_pb2.PhonemizeRequest(text="Orange lamp.")))
        assert error.reason is Reason.ENGINE_FAILED


async def test_a_synthesis_that_somebody_else_stopped_has_failed() -> None:
    worker = OddWorker()
    worker.error = ParlandoError(Reason.STOPPED, "it was stopped")
    async with serving(worker) as address, routing([address]) as router:
        error = await failure(said(router.stub.Say(say("Orange lamp."))))
        assert error.reason is Reason.ENGINE_FAILED


async def test_a_worker_is_told_all_that_was_asked_for() -> None:
    worker = OddWorker()
    finished = synth_pb2.SynthesizeResponse(finished=synth_pb2.SynthesisFinished())
    worker.responses = [started(), SOUND, finished]
    async with serving(worker) as address, routing([address]) as router:
        prosody = synth_pb2.Prosody(speed=0.5, pitch_semitones=1, volume_db=-3)
        emotion = synth_pb2.Emotion(name="calm", intensity=0.2)
        request = say(
            "Orange lamp. Seven green steps.",
            voice="alto",
            language="en",
            prosody=prosody,
            emotion=emotion,
            seed=7,
            engine_options={"key": "value"},
            schedule=fragmenter_pb2.Schedule(first_code_points=5, growth=1),
        )
        assert kinds(await said(router.stub.Say(request)))[-1] == "finished"
    first, got, *_ = worker.requests
    assert (first.text, first.previous_text) == ("Orange", "")
    assert got.previous_text == "Orange"
    assert first.synthesis_id != got.synthesis_id
    assert (got.text_kind, got.voice, got.language) == (synth_pb2.TEXT_KIND_PLAIN, "alto", "en")
    assert (got.prosody, got.emotion, got.seed) == (prosody, emotion, 7)
    assert dict(got.engine_options) == {"key": "value"}
    assert len(got.synthesis_id) == 32
    assert got.HasField("audio_queued")
