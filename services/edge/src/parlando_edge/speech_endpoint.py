"""`POST /v1/audio/speech` and what is like it: a text in, its audio or its words out as they are made."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from parlando_edge.asked import Asked, Understanding
from parlando_edge.catalogue import Catalogue
from parlando_edge.exchange import (
    ClientGoneError,
    Reply,
    accept_of,
    break_off,
    patient,
    query_of,
    read_body,
    while_connected,
)
from parlando_edge.instruments import Instruments
from parlando_edge.json_fields import parse_object
from parlando_edge.openai_errors import param_of
from parlando_edge.ports import AudioMade, Finished, Speaker, Started
from parlando_edge.settings import EdgeSettings
from parlando_edge.wav import with_exact_sizes
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Answer:
    """An answer under way: when its request had arrived, who speaks, and when its client left."""

    reply: Reply
    arrived: float
    started: Started = field(default_factory=lambda: Started("", ""))
    left_at: float | None = None

    def leave(self, at: float) -> None:
        """Note that the client has left."""
        self.left_at = at


class SpeechEndpoint:
    """An ASGI application that answers with speech.

    Status and headers leave with the first of it, so that a text that cannot be spoken is answered with an
    error, and `Server-Timing` tells how long the first audio took.

    Args:
        understand: reads what a request asks for.
        speaker: the router.
        catalogue: resolves stock names of voices.
        settings: bounds and patience.
        clock: measures the first chunk.
        instruments: are told of it.
    """

    def __init__(
        self,
        understand: Understanding,
        speaker: Speaker,
        catalogue: Catalogue,
        settings: EdgeSettings,
        clock: Clock,
        instruments: Instruments,
    ) -> None:
        self._understand = understand
        self._speaker = speaker
        self._catalogue = catalogue
        self._settings = settings
        self._clock = clock
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ParlandoError: before the answer has begun.
            HTTPException: likewise.
        """
        settings = self._settings
        try:
            body = await read_body(
                scope, receive, most=settings.max_body_bytes, seconds=settings.reader_seconds
            )
        except ClientGoneError:
            return
        arrived = self._clock.now()
        asked = self._understand(parse_object(body), accept_of(scope), query_of(scope))
        reply = Reply(patient(send, settings.reader_seconds))
        answer = _Answer(reply, arrived)
        work = self._assemble(asked, answer) if asked.whole else self._stream(asked, answer)
        try:
            await while_connected(receive, work, lambda: answer.leave(self._clock.now()))
            if answer.left_at is not None:
                self._instruments.caller_gone(self._clock.now() - answer.left_at, answer.started.engine)
        except ParlandoError as error:
            if not reply.begun:
                raise
            break_off(scope)
            _log.warning("an answer was broken off: %s", error.reason)

    async def _stream(self, asked: Asked, answer: _Answer) -> None:
        try:
            await self._stream_all(asked, answer)
        except ParlandoError as error:
            last, reply = asked.body.broken(error), answer.reply
            if not (reply.begun and last) or error.reason is Reason.SLOW_READER:
                raise
            await reply.end(last)

    async def _stream_all(self, asked: Asked, answer: _Answer) -> None:
        finished, body, reply = None, asked.body, answer.reply
        settings = await self._catalogue.resolve(asked.settings)
        async with self._speaker.say(asked.text, settings) as utterance:
            async for event in utterance:
                if isinstance(event, Started):
                    answer.started = event
                elif isinstance(event, Finished):
                    finished = event
                    continue
                data = body.happened(event)
                if not data:
                    continue
                if not reply.begun:
                    timing = self._timing(answer) if isinstance(event, AudioMade) else {}
                    await reply.begin({**_headers(asked, answer.started), **timing})
                await reply.write(data)
        if not reply.begun:  # nothing in the text can be spoken
            await reply.begin(_headers(asked, answer.started))
        await reply.end(body.end(finished))

    async def _assemble(self, asked: Asked, answer: _Answer) -> None:
        """Answer with all of the audio at once, its length known."""
        whole, most = bytearray(), self._settings.max_assembled_bytes
        timing, reply = dict[str, str](), answer.reply
        settings = await self._catalogue.resolve(asked.settings)
        async with self._speaker.say(asked.text, settings) as utterance:
            async for event in utterance:
                if isinstance(event, Started):
                    answer.started = event
                elif isinstance(event, AudioMade):
                    timing = timing or self._timing(answer)
                    whole += event.data
                if len(whole) > most:
                    raise ParlandoError(
                        Reason.OUT_OF_RANGE,
                        f"the audio is larger than {most:,} bytes: leave out assembled",
                        field="assembled",
                    )
        audio = with_exact_sizes(bytes(whole)) if asked.settings.audio.wav and whole else bytes(whole)
        length = {"content-length": str(len(audio))}
        await reply.begin({**_headers(asked, answer.started), **timing, **length})
        await reply.end(audio)

    def _timing(self, answer: _Answer) -> dict[str, str]:
        """Return the header that tells how long the first audio took, and record it."""
        seconds = self._clock.now() - answer.arrived
        self._instruments.first_chunk(seconds, answer.started.engine)
        return {"server-timing": f"first-chunk;dur={seconds * 1000:.2f}"}


def _headers(asked: Asked, started: Started) -> dict[str, str]:
    headers = {"content-type": asked.body.media_type, "cache-control": "no-store"}
    named = [param_of(f"settings.{path}") for path in started.ignored]
    return {**headers, "parlando-ignored": ", ".join(dict.fromkeys(named))} if named else headers
