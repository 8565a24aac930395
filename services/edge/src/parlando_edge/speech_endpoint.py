"""`POST /v1/audio/speech`: a text in, its audio out as it is made."""

from __future__ import annotations

import logging
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from parlando_edge import speech_request
from parlando_edge.catalogue import Catalogue
from parlando_edge.exchange import ClientGoneError, Reply, patient, read_body, while_connected
from parlando_edge.instruments import Instruments
from parlando_edge.json_fields import parse_object
from parlando_edge.ports import AudioMade, Finished, Speaker, Started
from parlando_edge.settings import EdgeSettings
from parlando_edge.speech_bodies import Body, body_of
from parlando_edge.speech_request import SpeechRequest
from parlando_edge.wav import with_exact_sizes
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason

_log = logging.getLogger(__name__)


class SpeechEndpoint:
    """An ASGI application that answers with speech.

    Status and headers leave with the first audio, so that a text that cannot be spoken is answered with an
    error, and `Server-Timing` tells how long the first audio took.

    Args:
        speaker: the router.
        catalogue: resolves stock names of voices.
        settings: bounds and patience.
        clock: measures the first chunk.
        instruments: are told of it.
    """

    def __init__(
        self,
        speaker: Speaker,
        catalogue: Catalogue,
        settings: EdgeSettings,
        clock: Clock,
        instruments: Instruments,
    ) -> None:
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
        request = speech_request.parse(parse_object(body))
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        reply = Reply(patient(send, settings.reader_seconds))
        if speech_request.wants_assembly(query, request):
            work = self._assemble(request, reply, arrived)
        else:
            work = self._stream(request, reply, body_of(request), arrived)
        try:
            await while_connected(receive, work)
        except ParlandoError as error:
            if not reply.begun:
                raise
            # The answer is left without an end, and the server closes the connection on it: a client can
            # tell that from a whole one.
            _log.warning("an answer was broken off: %s", error.reason)

    async def _stream(self, request: SpeechRequest, reply: Reply, body: Body, arrived: float) -> None:
        try:
            await self._stream_all(request, reply, body, arrived)
        except ParlandoError as error:
            last = body.broken(error)
            if not (reply.begun and last) or error.reason is Reason.SLOW_READER:
                raise
            await reply.end(last)

    async def _stream_all(self, request: SpeechRequest, reply: Reply, body: Body, arrived: float) -> None:
        finished, engine = None, ""
        settings = await self._catalogue.resolve(request.settings)
        async with self._speaker.say(request.text, settings) as utterance:
            async for event in utterance:
                if isinstance(event, AudioMade) and event.data:
                    if not reply.begun:
                        await reply.begin(self._headers(body.media_type, arrived, engine))
                    await reply.write(body.audio(event.data))
                elif isinstance(event, Started):
                    engine = event.engine
                elif isinstance(event, Finished):
                    finished = event
        if not reply.begun:  # nothing in the text can be spoken
            await reply.begin(_headers(body.media_type))
        await reply.end(body.end(finished))

    async def _assemble(self, request: SpeechRequest, reply: Reply, arrived: float) -> None:
        """Answer with all of the audio at once, its length known."""
        whole, most, timing = bytearray(), self._settings.max_assembled_bytes, _headers(request.media_type)
        settings = await self._catalogue.resolve(request.settings)
        engine = ""
        async with self._speaker.say(request.text, settings) as utterance:
            async for event in utterance:
                if isinstance(event, Started):
                    engine = event.engine
                elif isinstance(event, AudioMade):
                    if not whole:
                        timing = self._headers(request.media_type, arrived, engine)
                    whole += event.data
                if len(whole) > most:
                    raise ParlandoError(
                        Reason.OUT_OF_RANGE,
                        f"the audio is larger than {most:,} bytes: leave out assembled",
                        field="assembled",
                    )
        audio = with_exact_sizes(bytes(whole)) if request.settings.audio.wav and whole else bytes(whole)
        await reply.begin({**timing, "content-length": str(len(audio))})
        await reply.end(audio)

    def _headers(self, media_type: str, arrived: float, engine: str) -> dict[str, str]:
        """Return the headers that leave with the first audio, and record how long it took."""
        seconds = self._clock.now() - arrived
        self._instruments.first_chunk(seconds, engine)
        return {**_headers(media_type), "server-timing": f"first-chunk;dur={seconds * 1000:.2f}"}


def _headers(media_type: str) -> dict[str, str]:
    return {"content-type": media_type, "cache-control": "no-store"}
