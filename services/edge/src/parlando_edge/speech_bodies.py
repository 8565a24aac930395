"""What the answer of `/v1/audio/speech` is made of: bare audio, or server-sent events."""

from __future__ import annotations

from typing import Protocol

import orjson
import pybase64

from parlando_edge.openai_errors import describe
from parlando_edge.ports import AudioMade, Finished, SpeechEvent
from parlando_edge.speech_request import SpeechRequest
from parlando_edge.usage import usage_of
from parlando_kit.errors import ParlandoError


class Body(Protocol):
    """Frames audio for one answer."""

    media_type: str

    def happened(self, event: SpeechEvent) -> bytes:
        """Return what carries this event; nothing where nothing is to be sent yet."""
        ...

    def end(self, finished: Finished | None) -> bytes:
        """Return what follows the last audio."""
        ...

    def broken(self, error: ParlandoError) -> bytes:
        """Return what says that no more follows because of an error; nothing where nothing can."""
        ...


class AudioBody:
    """The audio as it is. An answer that breaks is broken off, so that it does not look whole."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type

    def happened(self, event: SpeechEvent) -> bytes:
        """Return the audio."""
        return event.data if isinstance(event, AudioMade) else b""

    def end(self, finished: Finished | None) -> bytes:
        """Return nothing."""
        del finished
        return b""

    def broken(self, error: ParlandoError) -> bytes:
        """Return nothing."""
        del error
        return b""


class EventBody:
    """Server-sent events: `speech.audio.delta`, then `speech.audio.done` with the usage."""

    media_type = "text/event-stream"

    def __init__(self, rate: int) -> None:
        self._rate = rate

    def happened(self, event: SpeechEvent) -> bytes:
        """Return an event with the audio in base64, which needs no escapes in JSON."""
        if not isinstance(event, AudioMade) or not event.data:
            return b""
        sound = pybase64.b64encode(event.data)
        return b'data: {"type":"speech.audio.delta","audio":"%b"}\n\n' % sound

    def end(self, finished: Finished | None) -> bytes:
        """Return the last event."""
        characters, samples = (finished.characters, finished.sample_count) if finished else (0, 0)
        usage = usage_of(characters, samples / self._rate)
        shown = {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")}
        return b"data: %b\n\n" % orjson.dumps({"type": "speech.audio.done", "usage": shown})

    def broken(self, error: ParlandoError) -> bytes:
        """Return an event with the error in OpenAI's shape."""
        return b"data: %b\n\n" % orjson.dumps({"error": describe(error)})


def body_of(request: SpeechRequest) -> Body:
    """Return what frames the audio of a request."""
    return EventBody(request.settings.audio.rate) if request.events else AudioBody(request.media_type)
