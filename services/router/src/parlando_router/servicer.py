"""`parlando.speech.v1.SpeechService`: messages in, the router's own terms, messages out."""

from __future__ import annotations

import math
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody

from parlando.speech.v1 import speech_pb2, speech_service_pb2, speech_service_pb2_grpc
from parlando_kit.deadlines import seconds_left
from parlando_kit.errors import CallerGoneError, ParlandoError, Reason
from parlando_kit.server import Service
from parlando_kit.waiting import WaitingRoom
from parlando_router.convert import duration, filter_from, message_from, money, settings_from
from parlando_router.engines import Engines
from parlando_router.estimate import estimate
from parlando_router.event_messages import event_to
from parlando_router.events import AudioSent, SpeechEvent
from parlando_router.previews import Previews
from parlando_router.pronouncing import pronounce
from parlando_router.replica import Replica
from parlando_router.request import (
    Codec,
    Container,
    OutputFormat,
    PlayoutMode,
    SpeechSettings,
    require_id,
    require_text,
)
from parlando_router.speak_protocol import Append, BeginEpoch, Command, SpeakProtocol
from parlando_router.utterance import Studio, Utterance

_Context = grpc.aio.ServicerContext[Any, Any]

_CONTENT_TYPES = {
    (Codec.PCM, Container.RAW): "audio/pcm",
    (Codec.MULAW, Container.RAW): "audio/basic",
    (Codec.ALAW, Container.RAW): "audio/x-alaw-basic",
    (Codec.MP3, Container.NATIVE): "audio/mpeg",
    (Codec.OPUS, Container.OGG): "audio/ogg;codecs=opus",
    (Codec.AAC, Container.ADTS): "audio/aac",
    (Codec.FLAC, Container.NATIVE): "audio/flac",
}


def _content_type(output: OutputFormat) -> str:
    if output.container is Container.WAV:
        return "audio/wav"
    content_type = _CONTENT_TYPES[output.codec, output.container]
    raw = output.container is Container.RAW
    return f"{content_type};rate={output.sample_rate_hz}" if raw else content_type


def _unreported(settings: SpeechSettings) -> SpeechSettings:
    """Return settings of a call in which nothing can be reported, and which would wait for it for ever."""
    if settings.playout_mode is PlayoutMode.REPORTED:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            "settings.playout_mode is REPORTED, and only Speak can report: use CLOCK or UNPACED",
            field="settings.playout_mode",
        )
    return settings


_POLICY_KEY = "x-parlando-policy"
_TIER_KEY = "x-parlando-tier"


def _routed(settings: SpeechSettings, context: _Context) -> SpeechSettings:
    """Return settings with the policy and the tier that the call's metadata names."""
    said = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    policy, tier = said.get(_POLICY_KEY, ""), said.get(_TIER_KEY, "")
    return replace(settings, policy=policy, tier=tier) if policy or tier else settings


async def _whole(text: str, settings: SpeechSettings) -> AsyncIterator[Command]:
    yield BeginEpoch(1, settings, None)
    yield Append(text)


def _deadline(context: _Context) -> Callable[[], float]:
    """Return what tells how many seconds the call has left, so that its syntheses end with it."""
    return lambda: seconds_left(context, math.inf)


@contextmanager
def _writing() -> Iterator[None]:
    """Write to the caller in the block.

    Raises:
        CallerGoneError: the caller has gone, and the cancel that says so may not have come yet.
    """
    try:
        yield
    except grpc.aio.InternalError:
        raise CallerGoneError from None


class SpeechServicer(speech_service_pb2_grpc.SpeechServiceServicer):
    """Serves speech.

    The streaming methods write their answers themselves, because an utterance's tasks may not live in a
    generator that is suspended between two of its messages.
    """

    def __init__(self, studio: Studio, previews: Previews) -> None:
        self._studio = studio
        self._previews = previews

    async def Speak(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request_iterator: AsyncIterator[speech_pb2.SpeakRequest], context: _Context
    ) -> None:
        """Speak text while it is still being written."""
        protocol = SpeakProtocol()
        async with aclosing(_commands(protocol, request_iterator, context)) as commands:
            first = await anext(commands, None)
            if not isinstance(first, BeginEpoch):  # the protocol lets nothing else come first
                raise ParlandoError(
                    Reason.FIELD_REQUIRED, "open is missing: a stream begins with one", field="open"
                )
            told = await _told_while_full(self._studio.waiting, commands)
            utterance_id = protocol.utterance_id or uuid.uuid4().hex
            output = first.settings.output

            async def send(batch: Sequence[tuple[int, SpeechEvent]]) -> None:
                with _writing():
                    await context.write(
                        speech_pb2.SpeakResponse(
                            utterance_id=utterance_id,
                            events=[event_to(epoch, event, output) for epoch, event in batch],
                        )
                    )

            utterance = Utterance(first.settings, PlayoutMode.CLOCK, self._studio, send, _deadline(context))
            async with aclosing(_again((first, *told), commands)) as all_commands:
                await utterance.run(all_commands)

    async def Say(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request: speech_pb2.SayRequest, context: _Context
    ) -> None:
        """Speak a whole text."""
        settings = _routed(_unreported(settings_from(request.settings)), context)
        require_text(request.text, "text")
        require_id(request.utterance_id, "utterance_id")
        self._studio.waiting.require_room()
        utterance_id = request.utterance_id or uuid.uuid4().hex

        async def send(batch: Sequence[tuple[int, SpeechEvent]]) -> None:
            with _writing():
                await context.write(
                    speech_pb2.SayResponse(
                        utterance_id=utterance_id,
                        events=[event_to(epoch, event, settings.output) for epoch, event in batch],
                    )
                )

        utterance = Utterance(settings, PlayoutMode.UNPACED, self._studio, send, _deadline(context))
        await utterance.run(_whole(request.text, settings))

    async def StreamAudio(  # type: ignore[override]  # noqa: N802  # it writes; gRPC's name
        self, request: speech_pb2.StreamAudioRequest, context: _Context
    ) -> None:
        """Speak a whole text, as bytes alone."""
        settings = _routed(_unreported(settings_from(request.settings)), context)
        require_text(request.text, "text")
        self._studio.waiting.require_room()
        content_type = _content_type(settings.output)

        async def send(batch: Sequence[tuple[int, SpeechEvent]]) -> None:
            for _, event in batch:
                if isinstance(event, AudioSent):
                    with _writing():
                        await context.write(HttpBody(content_type=content_type, data=event.data))

        utterance = Utterance(settings, PlayoutMode.UNPACED, self._studio, send, _deadline(context))
        await utterance.run(_whole(request.text, settings))

    async def ListVoices(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.ListVoicesRequest, _: _Context
    ) -> speech_pb2.ListVoicesResponse:
        """List the voices of all engines."""
        voices = self._studio.engines.voices(filter_from(request))
        return speech_pb2.ListVoicesResponse(voices=[voice.said for voice in voices])  # type: ignore[misc]

    async def ListEngines(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.ListEnginesRequest, context: _Context
    ) -> speech_pb2.ListEnginesResponse:
        """List the engines and their workers."""
        settings = _routed(settings_from(request.settings), context)
        response = speech_pb2.ListEnginesResponse()
        engines = self._studio.engines
        for standing in engines.standings(settings):
            response.engines.add(
                name=standing.name,
                primary=standing.primary,
                replicas=[_replica(engines, each) for each in standing.replicas],
                place=standing.place,
                asked=standing.asked,
            )
        return response

    async def EstimateCost(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.EstimateCostRequest, context: _Context
    ) -> speech_pb2.EstimateCostResponse:
        """Say what a text would cost."""
        settings = _routed(settings_from(request.settings), context)
        require_text(request.text, "text")
        found = estimate(self._studio.engines, request.text, settings)
        return speech_pb2.EstimateCostResponse(
            engine=found.engine,
            voice=found.voice,
            characters=found.characters,
            cost=money(found.cost) if found.cost is not None else None,
            audio=duration(found.audio),
            model=found.model,
        )

    async def Phonemize(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.PhonemizeRequest, _: _Context
    ) -> speech_pb2.PhonemizeResponse:
        """Say how a text would be pronounced."""
        settings = settings_from(request.settings)
        require_text(request.text, "text")
        told = await pronounce(request.text, settings, self._studio.fragmenter, self._studio.engines)
        response = speech_pb2.PhonemizeResponse(engine=told.engine, voice=told.voice, phonemes=told.phonemes)
        for source, phonemes in told.words:
            word = response.words.add(phonemes=phonemes)
            word.source.start, word.source.end = source.start, source.end
        return response

    async def PreviewVoice(  # noqa: N802  # gRPC's name
        self, request: speech_pb2.PreviewVoiceRequest, _: _Context
    ) -> speech_pb2.PreviewVoiceResponse:
        """Speak a sentence by a voice."""
        preview = await self._previews.of(request.engine, request.voice)
        return speech_pb2.PreviewVoiceResponse(
            wav=preview.wav,
            text=preview.text,
            language=preview.language,
            engine=preview.engine,
            voice=preview.voice,
        )


async def _commands(
    protocol: SpeakProtocol, requests: AsyncIterator[speech_pb2.SpeakRequest], context: _Context
) -> AsyncGenerator[Command, None]:
    async for request in requests:
        for command in protocol.receive(message_from(request)):
            if isinstance(command, BeginEpoch):
                yield replace(command, settings=_routed(command.settings, context))
            else:
                yield command
    for command in protocol.end():
        yield command


async def _told_while_full(room: WaitingRoom, commands: AsyncIterator[Command]) -> Sequence[Command]:
    """Return what follows the opener where nobody is let in; with its text it is refused.

    Most of what a refusal costs is what an utterance has set up by then.

    Raises:
        ParlandoError: OVERLOADED: too many wait already.
    """
    if not room.full:
        return ()
    following = await anext(commands, None)
    if isinstance(following, Append):
        room.require_room()
    return () if following is None else (following,)


async def _again(first: Sequence[Command], rest: AsyncIterator[Command]) -> AsyncGenerator[Command, None]:
    """Yield what was read already, and then the rest."""
    for command in first:
        yield command
    async for command in rest:
        yield command


def speech_service(studio: Studio, previews: Previews) -> Service:
    """Return the service to be served; what is only asked about is answered while it drains."""
    servicer = SpeechServicer(studio, previews)
    return Service(
        speech_service_pb2.DESCRIPTOR.services_by_name["SpeechService"].full_name,
        lambda server: speech_service_pb2_grpc.add_SpeechServiceServicer_to_server(servicer, server),
        answers_always=("ListVoices", "ListEngines", "EstimateCost"),
    )


def _replica(engines: Engines, replica: Replica) -> speech_pb2.EngineReplica:
    detail = engines.why_not(replica)
    message = speech_pb2.EngineReplica(address=replica.address, serving=not detail, detail=detail)
    if replica.description is not None:
        message.description.CopyFrom(replica.description.said)  # type: ignore[arg-type]
        if replica.description.first_chunk is not None:
            message.predicted_first_chunk.CopyFrom(duration(replica.description.first_chunk))
    return message
