"""The fragmenter over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc

from parlando.audio.v1 import audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceStub
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Piece, Span, SpanMap
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing
from parlando_kit.true_status import with_true_status
from parlando_router.convert import duration, seconds
from parlando_router.epoch import FRAGMENTER_SECONDS
from parlando_router.ports import FlushDone, Fragment, FragmentConfig, TextKind
from parlando_router.request import Markup

if TYPE_CHECKING:  # the stub's type exists for type checkers alone
    from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import FragmenterServiceAsyncStub

_MARKUPS = {
    Markup.PLAIN: fragmenter_pb2.MARKUP_PLAIN,
    Markup.MARKDOWN: fragmenter_pb2.MARKUP_MARKDOWN,
    Markup.SSML: fragmenter_pb2.MARKUP_SSML,
}
# What the fragmenter calls the settings it is given, and what callers do.
_THEIRS, _OURS = "config.", "settings."


def _span(message: audio_pb2.SourceSpan | audio_pb2.SpokenSpan) -> Span:
    return Span(message.start, message.end)


def _fragment(message: fragmenter_pb2.Fragment) -> Fragment:
    return Fragment(
        source=_span(message.source),
        spoken_text=message.spoken_text,
        text_kind=TextKind(message.text_kind or TextKind.PLAIN),
        text_map=SpanMap(
            Piece(_span(piece.source), _span(piece.spoken), verbatim=piece.verbatim) for piece in message.map
        ),
        pause_after=seconds(message.pause_after),
        ends_sentence=message.ends_sentence,
        language=message.language.tag,
        emotion=message.emotion.name,
    )


def _config(config: FragmentConfig) -> fragmenter_pb2.FragmentConfig:
    schedule = config.schedule
    return fragmenter_pb2.FragmentConfig(
        source_offset=config.source_offset,
        language=config.language,
        markup=_MARKUPS[config.markup],
        schedule=fragmenter_pb2.Schedule(
            first_code_points=schedule.first_code_points,
            growth=schedule.growth,
            max_code_points=schedule.max_code_points,
        ),
        flush_after=duration(config.flush_after) if config.flush_after is not None else None,
        disabled_rules=config.disabled_rules,
        whole=config.whole,
    )


def _hint(audio_queued: float, real_time_factor: float) -> fragmenter_pb2.Hint:
    return fragmenter_pb2.Hint(audio_queued=duration(audio_queued), real_time_factor=real_time_factor)


class GrpcFragmentStream:
    """One epoch's stream."""

    def __init__(self, stub: FragmenterServiceAsyncStub, config: FragmentConfig) -> None:
        self._config = fragmenter_pb2.FragmentRequest(config=_config(config))
        self._call = with_true_status(stub.Fragment(metadata=outgoing()))

    async def begin(self) -> None:
        """Say how to fragment: the first message."""
        await self.send(self._config)

    async def send_text(self, text: str) -> None:
        """Append text."""
        await self.send(fragmenter_pb2.FragmentRequest(text=fragmenter_pb2.TextDelta(text=text)))

    async def send_hint(self, audio_queued: float, real_time_factor: float) -> None:
        """Say how playback stands. Too late to matter once the fragmenter has done its work."""
        await self.send(fragmenter_pb2.FragmentRequest(hint=_hint(audio_queued, real_time_factor)))

    async def send_flush(self, flush_id: int) -> None:
        """Ask for everything there is."""
        await self.send(fragmenter_pb2.FragmentRequest(flush=fragmenter_pb2.Flush(id=flush_id)))

    async def send_end(self) -> None:
        """Half-close: no more text follows."""
        await self._call.done_writing()

    async def send(self, request: fragmenter_pb2.FragmentRequest) -> None:
        """Write a message, as fast as the fragmenter takes it."""
        try:
            await self._call.write(request)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The call has ended, or is half-closed: whoever reads is told why.
            return

    async def next(self) -> Fragment | FlushDone | None:
        """Return what comes next, or None after the last fragment."""
        try:
            while isinstance(response := await self._call.read(), fragmenter_pb2.FragmentResponse):
                match response.WhichOneof("message"):
                    case "fragment":
                        return _fragment(response.fragment)
                    case "flushed":
                        return FlushDone(response.flushed.id)
        except grpc.aio.AioRpcError as error:
            raise _told(error) from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # gRPC tells a status of CANCELLED in this way, although nobody cancelled this task.
            raise _away() from None
        return None

    def close(self) -> None:
        """Drop the stream."""
        self._call.cancel()


def _away() -> ParlandoError:
    return ParlandoError(
        Reason.DEPENDENCY_UNAVAILABLE, "the fragmenter does not answer: try again", retry_after=1.0
    )


def _told(error: grpc.aio.AioRpcError) -> ParlandoError:
    """Return a failure as callers know it: what the fragmenter's config says was in their settings."""
    known = from_rpc_error(error)
    if known.reason in (Reason.DEPENDENCY_UNAVAILABLE, Reason.TOO_LATE):
        return _away()
    if known.field.startswith(_THEIRS):
        field = _OURS + known.field.removeprefix(_THEIRS)
        return ParlandoError(known.reason, known.message.replace(known.field, field), field=field)
    return known


class GrpcFragmenter:
    """The fragmenter at the other end of a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = FragmenterServiceStub(channel)

    async def open(self, config: FragmentConfig) -> GrpcFragmentStream:
        """Begin an epoch."""
        stream = GrpcFragmentStream(self._stub, config)
        try:
            await stream.begin()
        except BaseException:  # gRPC leaves a call open whose first write is cancelled before it began
            stream.close()
            raise
        return stream

    async def cut(
        self, config: FragmentConfig, text: str, *, audio_queued: float = 0.0, real_time_factor: float = 0.0
    ) -> Sequence[Fragment]:
        """Return the fragments of a text that is all there."""
        request = fragmenter_pb2.FragmentTextRequest(config=_config(config), text=text)
        if real_time_factor:
            request.hint.CopyFrom(_hint(audio_queued, real_time_factor))
        try:
            response = await self._stub.FragmentText(request, timeout=FRAGMENTER_SECONDS, metadata=outgoing())
        except grpc.aio.AioRpcError as error:
            raise _told(error) from error
        return [_fragment(fragment) for fragment in response.fragments]
