"""What answers in JSON look like: an instance of each model, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from parlando_edge.answer_models import (
    AliveAnswer,
    BenchAnswer,
    CostAnswer,
    DependencyAnswer,
    DoneAnswer,
    EngineAnswer,
    EngineFiguresAnswer,
    ErrorAnswer,
    ErrorDetail,
    EstimateAnswer,
    FigureAnswer,
    FlushAnswer,
    HealthAnswer,
    ModelAnswer,
    ModelsAnswer,
    ResetAnswer,
    StatisticsAnswer,
    TrialAnswer,
    VoiceAnswer,
    VoiceRemovedAnswer,
    VoicesAnswer,
)

_VOICE = VoiceAnswer(
    id="gmw/en",
    name="English (Great Britain)",
    language="en-GB",
    languages=("en-GB", "en"),
    engine="espeak",
    gender="male",
    cloned=False,
    licence="GPL-3.0-or-later",
    description="",
    mix="",
    preview_url="/v1/tts/voices/espeak/gmw/en/preview",
)
_MODEL = ModelAnswer(id="espeak")
_HEALTH = HealthAnswer(
    status="ok",
    draining=False,
    dependencies={"router": DependencyAnswer(serving=True, detail="")},
    engines={
        "espeak": EngineAnswer(
            serving=True,
            primary=True,
            state="ready",
            detail="",
            version="1.52.0",
            workers=1,
            workers_serving=1,
            predicted_first_chunk_ms=4.2,
        )
    },
    workers_unreached=0,
)
_ERROR = ErrorDetail(
    message="speed is 9: use 0.25 to 4", type="invalid_request_error", code="invalid_value", param="speed"
)

_INSTANCES: tuple[BaseModel, ...] = (
    _VOICE,
    VoicesAnswer(voices=(_VOICE,)),
    VoiceRemovedAnswer(id="anna-1a2b3c4d"),
    _MODEL,
    ModelsAnswer(data=(_MODEL,)),
    EstimateAnswer(
        engine="openai",
        voice="alloy",
        characters=12,
        audio_duration_ms=900.0,
        first_chunk_ms=310.0,
        cost=CostAnswer(currency="USD", amount="0.00018"),
    ),
    _HEALTH,
    AliveAnswer(),
    ErrorAnswer(error=_ERROR),
    TrialAnswer(engine="espeak", first_chunk_ms=4.2, audio_duration_ms=2_310.0),
    BenchAnswer(
        engine="espeak",
        voice="gmw/en",
        trials=10,
        figures=(
            FigureAnswer(figure="first_chunk", hop="router", p50_ms=4.1, p95_ms=6.0, most_ms=7.3, of=10),
            FigureAnswer(
                figure="cancel_engine_idle", hop="router", p50_ms=2.0, p95_ms=3.9, most_ms=5.1, of=10
            ),
        ),
    ),
    FlushAnswer(entries=3),
    ResetAnswer(reset=1),
    DoneAnswer(),
    StatisticsAnswer(
        engines=(
            EngineFiguresAnswer(
                engine="espeak", requests=42, failures={"ENGINE_FAILED": 1}, failovers=1, audio_ms=93_000.0
            ),
        ),
        live=2,
        uptime_seconds=3_600.0,
    ),
)

EXAMPLES = {type(each): each.model_dump(exclude_none=isinstance(each, ErrorAnswer)) for each in _INSTANCES}
"""An example of each answer, as JSON has it."""
