"""What a request asks to be spoken and how it is answered, for each endpoint that speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from parlando_edge import speech_request
from parlando_edge.accepting import preferred
from parlando_edge.formats import content_type
from parlando_edge.json_models import parse_model
from parlando_edge.ports import SpeechSettings
from parlando_edge.speech_bodies import Body, body_of
from parlando_edge.speech_body import TimestampsBody
from parlando_edge.subtitles import Cues
from parlando_edge.timestamp_bodies import TIMESTAMP_MEDIA, LinesBody, SubtitleBody


@dataclass(frozen=True, slots=True)
class Asked:
    """A text to speak.

    Attributes:
        text: 1 to 4,096 characters.
        settings: how to speak it.
        body: frames the answer.
        whole: True to answer with all of the audio at once.
    """

    text: str = field(repr=False)
    settings: SpeechSettings
    body: Body
    whole: bool = False


class Understanding(Protocol):
    """Reads what is asked."""

    def __call__(self, values: dict[str, Any], accept: str, query: Mapping[str, str]) -> Asked:
        """Return what a body, an Accept header and a query ask for, or raise ParlandoError."""
        ...


def speech(values: dict[str, Any], accept: str, query: Mapping[str, str]) -> Asked:
    """Read what `/v1/audio/speech` is asked.

    Raises:
        ParlandoError: with the field that is wrong.
    """
    request = speech_request.parse(values, accept)
    whole = speech_request.wants_assembly(query, request)
    return Asked(request.text, request.settings, body_of(request), whole)


def timestamps(values: dict[str, Any], accept: str, query: Mapping[str, str]) -> Asked:
    """Read what `/v1/audio/speech/timestamps` is asked.

    Raises:
        ParlandoError: with the field that is wrong.
    """
    del query
    asked = parse_model(values, TimestampsBody)
    name = speech_request.format_of(asked, accept)
    settings = speech_request.settings_of(asked, name)
    media = preferred(accept, TIMESTAMP_MEDIA)
    form = asked.format or (TIMESTAMP_MEDIA[media] if media else "ndjson")
    body: Body
    if form == "ndjson":
        body = LinesBody(asked.input, settings.audio.rate, content_type(name, settings.audio))
    else:
        body = SubtitleBody(Cues(asked.input, settings.audio.rate, words=asked.granularity == "word"), form)
    return Asked(asked.input, settings, body)
