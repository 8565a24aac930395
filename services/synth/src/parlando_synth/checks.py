"""From an order to a job: what a caller asks for is checked, and lowered to what the engine can do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.options import require_options
from parlando_synth.casting import Casting
from parlando_synth.description import EngineDescription
from parlando_synth.job import Job
from parlando_synth.languages import understands
from parlando_synth.order import Order

MAX_ID = 64
"""Longest synthesis id, in characters."""

# Control characters are spoken as nothing; a space each keeps every offset where it was. Native engines
# take NUL for the end of the text.
_CONTROLS = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


@dataclass(slots=True)
class _Lowering:
    """What of an order is left out, as field paths."""

    ignored: list[str] = field(default_factory=list)

    def kept(self, asked: float | None, usual: float, path: str, *, able: bool) -> float:
        """Return what was asked where the engine is able to do it."""
        if asked is None or asked == usual:
            return usual
        if not able:
            self.ignored.append(path)
            return usual
        return asked


def checked_id(synthesis_id: str) -> str:
    """Return a synthesis id that is one.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE.
    """
    if not synthesis_id:
        raise ParlandoError(
            Reason.FIELD_REQUIRED,
            "synthesis_id is empty: mint one of 1 to 64 characters",
            field="synthesis_id",
        )
    if len(synthesis_id) > MAX_ID:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"synthesis_id has {len(synthesis_id)} characters: use 1 to {MAX_ID}",
            field="synthesis_id",
        )
    return synthesis_id


def job_of(order: Order, about: EngineDescription, casting: Casting) -> tuple[Job, tuple[str, ...]]:
    """Return the job an order comes to, and the paths of what the engine cannot do of it.

    Args:
        order: what is asked for.
        about: what the engine can do.
        casting: chooses the voice.

    Raises:
        ParlandoError: the order cannot be carried out; the error names the field.
    """
    text = _text(order, about)
    if order.text_kind not in about.text_kinds:
        kinds = ", ".join(kind.value for kind in about.text_kinds)
        raise ParlandoError(
            Reason.NOT_SUPPORTED,
            f"{about.name} does not take {order.text_kind.value}: send {kinds}",
            field="text_kind",
        )
    if order.model not in {"", about.model}:
        raise ParlandoError(
            Reason.MODEL_NOT_FOUND,
            f"{about.name} has no model of that name: leave it empty for {about.model or 'the only one'}",
            field="model",
        )
    speed = _within("prosody.speed", order.speed, 0.25, 4.0)
    pitch = _within("prosody.pitch_semitones", order.pitch_semitones, -12.0, 12.0)
    volume = _within("prosody.volume_db", order.volume_db, -40.0, 12.0)
    intensity = _within("emotion.intensity", order.emotion_intensity, 0.0, 1.0)
    require_options(order.options, "engine_options")
    if order.audio_queued < 0:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"audio_queued is {order.audio_queued} s: use 0 or more",
            field="audio_queued",
        )
    voice = casting.voice(order.voice, order.language)

    lowering = _Lowering()
    language = order.language
    if language and not understands(voice, language):
        lowering.ignored.append("language")
        language = ""
    spoken_speed = lowering.kept(speed, 1.0, "prosody.speed", able=about.speed)
    if about.speed and not about.min_speed <= spoken_speed <= about.max_speed:
        lowering.ignored.append("prosody.speed")
        spoken_speed = min(max(spoken_speed, about.min_speed), about.max_speed)
    emotion = order.emotion
    if emotion and emotion not in about.emotions:
        lowering.ignored.append("emotion")
        emotion = ""
    if order.seed is not None and not about.repeatable:
        lowering.ignored.append("seed")
    job = Job(
        text=text,
        voice=voice.id,
        text_kind=order.text_kind,
        language=language,
        speed=spoken_speed,
        pitch_semitones=lowering.kept(pitch, 0.0, "prosody.pitch_semitones", able=about.pitch),
        volume_db=lowering.kept(volume, 0.0, "prosody.volume_db", able=about.volume),
        emotion=emotion,
        emotion_intensity=0.5 if intensity is None else intensity,
        previous_text=order.previous_text.translate(_CONTROLS),
        next_text=order.next_text.translate(_CONTROLS),
        seed=order.seed if about.repeatable else None,
        audio_queued=order.audio_queued,
        options=order.options,
    )
    return job, tuple(lowering.ignored)


def _text(order: Order, about: EngineDescription) -> str:
    if len(order.text) > about.max_text_code_points:
        raise ParlandoError(
            Reason.TEXT_TOO_LONG,
            f"text has {len(order.text)} code points: {about.name} takes {about.max_text_code_points}",
            field="text",
        )
    text = order.text.translate(_CONTROLS)
    if not text or text.isspace():
        raise ParlandoError(Reason.FIELD_REQUIRED, "text is empty: send the words to speak", field="text")
    return text


def _within(path: str, value: float | None, low: float, high: float) -> float | None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"{path} is {value}: use {low:g} to {high:g}",
            field=path,
        )
    return value
