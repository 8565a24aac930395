"""Synth workers over gRPC: one channel per worker, and stops on that very channel."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import grpc

from parlando.audio.v1 import audio_pb2
from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_kit.spans import Span
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing
from parlando_router.convert import cost_from, duration, seconds
from parlando_router.ports import (
    Pronunciation,
    StopOutcome,
    StopResult,
    SynthesisAudio,
    SynthesisEvent,
    SynthesisFinished,
    SynthesisRequest,
    SynthesisStarted,
    SynthesisWords,
    TextKind,
)

if TYPE_CHECKING:
    from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceAsyncStub

PHONEMIZE_SECONDS = 10.0
"""How long a worker may take to say how a text would be pronounced."""

STOP_SECONDS = 2.0
"""How long a worker may take to confirm a stop."""

_TEXT_KINDS = {
    TextKind.PLAIN: synth_pb2.TEXT_KIND_PLAIN,
    TextKind.SSML: synth_pb2.TEXT_KIND_SSML,
    TextKind.PHONEMES: synth_pb2.TEXT_KIND_PHONEMES,
}

_OUTCOMES = {outcome.value: outcome for outcome in StopOutcome}


def _request(request: SynthesisRequest) -> synth_pb2.SynthesizeRequest:
    message = synth_pb2.SynthesizeRequest(
        synthesis_id=request.synthesis_id,
        text=request.text,
        text_kind=_TEXT_KINDS[request.text_kind],
        voice=request.voice,
        language=request.language,
        prosody=synth_pb2.Prosody(
            speed=request.speed, pitch_semitones=request.pitch_semitones, volume_db=request.volume_db
        ),
        previous_text=request.previous_text,
        seed=request.seed,
        audio_queued=duration(request.audio_queued),
        engine_options=request.engine_options,
    )
    if request.emotion:
        message.emotion.name = request.emotion
        message.emotion.intensity = request.emotion_intensity
    return message


def _events(response: synth_pb2.SynthesizeResponse) -> Iterator[SynthesisEvent]:
    """Yield what a message tells of; words ahead of the sound they may lie in. Progress is of no use here."""
    if response.HasField("started"):
        yield SynthesisStarted(
            voice=response.started.voice,
            sample_rate_hz=response.started.sample_rate_hz,
            timing_quality=TimingQuality(response.started.timing_quality),
            ignored=tuple(response.started.ignored),
        )
    if response.HasField("words"):
        yield SynthesisWords(tuple(map(_word, response.words.words)))
    if response.HasField("audio"):
        yield SynthesisAudio(response.audio.pcm)
    if response.HasField("finished"):
        usage = response.finished.usage
        yield SynthesisFinished(
            engine_time=seconds(response.finished.engine_time),
            characters=usage.characters,
            cost=cost_from(usage.cost) if usage.HasField("cost") else None,
            words_missing=response.finished.deviation.missing,
            words_added=response.finished.deviation.added,
        )


def _word(word: audio_pb2.WordTiming) -> SpokenWord:
    return SpokenWord(
        Span(word.spoken.start, word.spoken.end),
        word.first_sample,
        word.sample_count,
        TimingQuality(word.quality),
    )


class GrpcSynthesis:
    """One synthesis under way."""

    def __init__(self, stub: SynthServiceAsyncStub, request: SynthesisRequest, deadline: float) -> None:
        self._stub = stub
        self._id = request.synthesis_id
        seconds = min(deadline, request.seconds_left)
        self._call = stub.Synthesize(_request(request), timeout=seconds, metadata=outgoing())
        self._waiting: deque[SynthesisEvent] = deque()  # what came in one message
        self._abandoned = False

    async def next(self) -> SynthesisEvent | None:
        """Return what comes next, or None after the last event."""
        try:
            while not self._waiting:
                response = await self._call.read()
                if not isinstance(response, synth_pb2.SynthesizeResponse):
                    return None
                self._waiting.extend(_events(response))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._abandoned or (task is not None and task.cancelling()):
                raise
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine stood still") from None
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error
        except ValueError as error:  # a span or a quality that cannot be
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine's answer cannot be read") from error
        return self._waiting.popleft()

    async def stop(self) -> StopResult:
        """End it, and return when the engine is idle for it."""
        try:
            answer = await self._stub.StopSynthesis(
                synth_pb2.StopSynthesisRequest(synthesis_id=self._id),
                timeout=STOP_SECONDS,
                metadata=outgoing(),
            )
        except grpc.aio.AioRpcError as error:
            lost = error.code() is grpc.StatusCode.UNAVAILABLE
            return StopResult(StopOutcome.WORKER_LOST if lost else StopOutcome.UNCONFIRMED)
        finally:
            self._call.cancel()
        return StopResult(
            outcome=_OUTCOMES.get(answer.outcome, StopOutcome.UNCONFIRMED),
            samples_made=answer.samples_made,
            engine_time_after_stop=seconds(answer.engine_time_after_stop),
        )

    def abandon(self) -> None:
        """Reset the call: the worker, where it still runs, stops the engine when it hears of it."""
        self._abandoned = True
        self._call.cancel()


def _failure(error: grpc.aio.AioRpcError) -> ParlandoError:
    known = from_rpc_error(error)
    if known.reason is Reason.DEPENDENCY_UNAVAILABLE:
        return ParlandoError(known.reason, "the engine's worker does not answer", retry_after=1.0)
    if known.reason in (Reason.STOPPED, Reason.INTERNAL):  # nobody here asked it to end
        return ParlandoError(Reason.ENGINE_FAILED, "the engine's worker broke off")
    return known


class GrpcWorker:
    """A worker at the other end of a channel.

    Args:
        channel: to this worker and no other.
        deadline: seconds one synthesis may take.
    """

    def __init__(self, channel: grpc.aio.Channel, deadline: float) -> None:
        self.channel = channel
        self.stub = SynthServiceStub(channel)
        self._deadline = deadline

    def synthesize(self, request: SynthesisRequest) -> GrpcSynthesis:
        """Begin a synthesis."""
        return GrpcSynthesis(self.stub, request, self._deadline)

    async def phonemize(self, text: str, voice: str, language: str) -> Pronunciation:
        """Return how a text would be pronounced."""
        request = synth_pb2.PhonemizeRequest(text=text, voice=voice, language=language)
        try:
            told = await self.stub.Phonemize(request, timeout=PHONEMIZE_SECONDS, metadata=outgoing())
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error
        try:
            words = [(Span(word.spoken.start, word.spoken.end), word.phonemes) for word in told.words]
        except ValueError as error:  # a span that cannot be
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine's answer cannot be read") from error
        return Pronunciation(told.voice, told.phonemes, words)
