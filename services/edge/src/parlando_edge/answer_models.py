"""What the edge answers in JSON, field by field."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """An answer in JSON."""

    model_config = ConfigDict(frozen=True)


class VoiceAnswer(Answer):
    """A voice that can be asked for."""

    object: Literal["audio.voice"] = "audio.voice"
    id: str = Field(examples=["en-gb"])
    name: str
    language: str = Field(description="The first of `languages`; empty where there is none.")
    languages: tuple[str, ...] = Field(description="BCP 47 tags, the best first.")
    engine: str
    gender: Literal["female", "male", "neutral", ""] = Field(description="Empty where it is not stated.")
    cloned: bool = Field(description="Whether it was made from a recording.")
    licence: str = Field(description="Under which it may be used; empty where that is not known.")
    description: str = Field(description="A sentence about it, for people.")
    mix: str = Field(description="What it is mixed of; empty for none.", examples=["af_bella(2)+af_sky(1)"])
    preview_url: str = Field(description="A WAV file of one short sentence, under this address.")


class VoiceRemovedAnswer(Answer):
    """A voice is gone."""

    object: Literal["audio.voice.deleted"] = "audio.voice.deleted"
    id: str
    deleted: Literal[True] = True


class VoicesAnswer(Answer):
    """The voices of all engines that are up."""

    voices: tuple[VoiceAnswer, ...]


class ModelAnswer(Answer):
    """A model: `parlando`, which leaves the engine to the router, or an engine."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "parlando"


class ModelsAnswer(Answer):
    """All models."""

    object: Literal["list"] = "list"
    data: tuple[ModelAnswer, ...]


class CostAnswer(Answer):
    """An amount of money."""

    currency: str = Field(description="ISO 4217.", examples=["USD"])
    amount: str = Field(description="A decimal number, exact to 9 places.", examples=["0.000192"])


class EstimateAnswer(Answer):
    """What a text would take."""

    engine: str
    voice: str
    characters: int = Field(description="Characters the engine would count.")
    audio_duration_ms: float = Field(description="Length of the audio, as far as can be told.")
    first_chunk_ms: float | None = Field(
        description="Time until its first audio, as predicted; null when not known."
    )
    cost: CostAnswer | None = Field(description="Null for engines without a price.")


class DependencyAnswer(Answer):
    """What a service says of itself."""

    serving: bool
    detail: str


class EngineAnswer(Answer):
    """What an engine's best worker says of itself."""

    serving: bool
    primary: bool
    state: str
    detail: str
    version: str
    workers: int
    workers_serving: int
    model: str = ""
    predicted_first_chunk_ms: float = 0.0


class HealthAnswer(Answer):
    """The edge, what it needs, and each engine; `<name>_model_present` for engines with models."""

    model_config = ConfigDict(frozen=True, extra="allow")

    status: Literal["ok", "degraded", "unavailable"]
    draining: bool
    dependencies: dict[str, DependencyAnswer]
    engines: dict[str, EngineAnswer]
    workers_unreached: int


class AliveAnswer(Answer):
    """The process is up."""

    status: Literal["ok"] = "ok"


class ErrorDetail(Answer):
    """What is wrong, and what to do."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    code: str | None = Field(examples=["invalid_value"])
    param: str | None = Field(description="The field at fault; null where none is.", examples=["speed"])
    retry_after_ms: int | None = Field(
        default=None,
        description="How long to wait before trying again; left out where waiting does not help.",
    )


class ErrorAnswer(Answer):
    """An error in OpenAI's shape."""

    error: ErrorDetail


class TrialAnswer(Answer):
    """How a fixed sentence went."""

    engine: str = Field(description="The engine that spoke.")
    first_chunk_ms: float
    audio_duration_ms: float


MeasuredFigure = Literal["first_chunk", "cancel_last_byte", "cancel_engine_idle", "cancel_engine_time"]
MeasuringHop = Literal["edge", "router", "worker"]


class FigureAnswer(Answer):
    """What was measured of one thing at one hop."""

    figure: MeasuredFigure = Field(
        description="From the text until the first audio; from the cancel until the last audio, and until"
        " the engine was idle; what the engine worked once the stop had reached it."
    )
    hop: MeasuringHop = Field(description="Who measured.")
    p50_ms: float
    p95_ms: float
    most_ms: float
    of: int = Field(description="How many were measured.")


class BenchAnswer(Answer):
    """How soon this system speaks and falls silent."""

    engine: str = Field(description="The engine that spoke.")
    voice: str
    trials: int
    figures: tuple[FigureAnswer, ...]


class ResetAnswer(Answer):
    """Breakers that were closed."""

    reset: int


class FlushAnswer(Answer):
    """Previews of voices that were kept, and are no more."""

    entries: int


class DoneAnswer(Answer):
    """It is done."""

    status: Literal["ok"] = "ok"


class EngineFiguresAnswer(Answer):
    """What an engine did since the router started."""

    engine: str
    requests: int
    failures: dict[str, int] = Field(description="By reason.")
    failovers: int = Field(description="Utterances that moved away from it.")
    audio_ms: float


class StatisticsAnswer(Answer):
    """What the router did since it started."""

    engines: tuple[EngineFiguresAnswer, ...]
    live: int = Field(description="Utterances under way.")
    uptime_seconds: float
