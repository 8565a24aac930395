"""What everyone may ask over HTTP."""

from __future__ import annotations

from typing import Any

from parlando_edge.answer_models import (
    AliveAnswer,
    EstimateAnswer,
    HealthAnswer,
    ModelAnswer,
    ModelsAnswer,
    VoicesAnswer,
)
from parlando_edge.formats import SPEECH_MEDIA
from parlando_edge.health import Health
from parlando_edge.json_endpoint import JsonEndpoint
from parlando_edge.line_models import SPEECH_EVENTS, TIMESTAMP_LINES
from parlando_edge.operations import Header, Operation, Parameter, Text, audio
from parlando_edge.speech_body import EstimateBody, SpeechBody, TimestampsBody
from parlando_edge.speech_endpoint import SpeechEndpoint
from parlando_edge.speech_request import EVENTS
from parlando_edge.stream_examples import (
    EVENTS_EXAMPLE,
    LINES_EXAMPLE,
    SUBRIP_EXAMPLE,
    WEBVTT_EXAMPLE,
)
from parlando_edge.timestamp_bodies import NDJSON, SUBRIP, WEBVTT
from parlando_edge.voices_endpoint import MEDIA_TYPE, VoicesEndpoint

_FILTERS = (
    Parameter(
        "language", "query", "Only voices that speak this language; `en` also means `en-GB`.", example="en"
    ),
    Parameter("engine", "query", "Only voices of this engine.", example="espeak"),
    Parameter("gender", "query", "Only voices of this gender.", ("female", "male", "neutral")),
    Parameter("cloned", "query", "Only voices made from a recording, or only others.", ("true", "false")),
    Parameter("text", "query", "Only voices with this in their id, name or description.", example="bella"),
)
_SPOKEN = (
    Header(
        "Server-Timing",
        "Milliseconds from the arrival of the body until the first audio, where that begins the answer.",
        "first-chunk;dur=12.34",
    ),
    Header(
        "Parlando-Ignored",
        "Fields that were taken and have no effect, with commas between; left out where there are none.",
        "instructions, speed",
    ),
)


def public_operations(
    *,
    speech: SpeechEndpoint,
    timestamps: SpeechEndpoint,
    estimate: JsonEndpoint[Any],
    voices: VoicesEndpoint,
    health: Health,
) -> tuple[Operation, ...]:
    """Return the operations."""
    return (
        Operation(
            "/v1/audio/speech",
            "createSpeech",
            speech,
            "The text as audio, as it is made",
            media={**audio(*SPEECH_MEDIA), EVENTS: Text(EVENTS_EXAMPLE, SPEECH_EVENTS)},
            headers=_SPOKEN,
            method="POST",
            body=SpeechBody,
            parameters=(
                Parameter(
                    "assembled", "query", "All of the audio at once, its length known.", ("true", "false")
                ),
            ),
        ),
        Operation(
            "/v1/audio/speech/estimate",
            "estimateSpeech",
            estimate,
            "What a text would take, without speaking it",
            EstimateAnswer,
            method="POST",
            body=EstimateBody,
        ),
        Operation(
            "/v1/audio/speech/timestamps",
            "createSpeechWithTimestamps",
            timestamps,
            "The text as audio with the times of its words, or as subtitles",
            media={
                NDJSON: Text(LINES_EXAMPLE, TIMESTAMP_LINES),
                SUBRIP: Text(SUBRIP_EXAMPLE),
                WEBVTT: Text(WEBVTT_EXAMPLE),
            },
            headers=_SPOKEN,
            method="POST",
            body=TimestampsBody,
        ),
        Operation(
            "/v1/audio/voices", "listVoices", voices.voices, "The voices", VoicesAnswer, parameters=_FILTERS
        ),
        Operation(
            "/v1/tts/voices", "listTtsVoices", voices.voices, "The voices", VoicesAnswer, parameters=_FILTERS
        ),
        Operation(
            "/v1/tts/voices/{engine}/{voice:path}/preview",
            "previewVoice",
            voices.preview,
            "A short sentence by a voice",
            media=audio(MEDIA_TYPE),
            parameters=(
                Parameter("engine", "path", "The voice's engine.", example="espeak"),
                Parameter("voice", "path", "The voice's id.", example="gmw/en"),
            ),
        ),
        Operation("/v1/models", "listModels", voices.models, "The models", ModelsAnswer),
        Operation(
            "/v1/models/{model}",
            "retrieveModel",
            voices.model,
            "One model",
            ModelAnswer,
            parameters=(Parameter("model", "path", "The model's id.", example="parlando"),),
        ),
        Operation("/healthz", "alive", health.healthz, "The process is up", AliveAnswer),
        Operation("/health", "health", health.health, "Each part's own word", HealthAnswer),
        Operation(
            "/readyz", "ready", health.readyz, "Whether speech can be made here", HealthAnswer, also=(503,)
        ),
    )
