"""The settings of one Realtime session, as `session.update` changes them and `session.updated` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from parlando_edge.barge_in.turns import Detection
from parlando_edge.formats import REALTIME_FORMATS, AudioFormat
from parlando_edge.json_fields import Fields, parse_object
from parlando_edge.models import DEFAULT_MODEL, engine_of
from parlando_edge.ports import SpeechSettings
from parlando_edge.realtime import turn_detection
from parlando_edge.realtime.outputs import Echo
from parlando_edge.session_ports import LONGEST_DOCUMENT, KeptSettings
from parlando_edge.speech_request import LONGEST_NAME, emotion_of, speed_of, voice_of
from parlando_kit.errors import ParlandoError, Reason

PCM = "audio/pcm"

_LONGEST_INSTRUCTIONS = 1_000_000

# Accepted, shown again, and otherwise without effect: nothing here listens or thinks.
_SHOWN = (
    "include",
    "instructions",
    "max_output_tokens",
    "parallel_tool_calls",
    "prompt",
    "reasoning",
    "tool_choice",
    "tools",
    "tracing",
    "truncation",
)
_SHOWN_OF_INPUT = ("noise_reduction", "transcription")


def _shown_at_first() -> dict[str, Any]:
    return {
        "instructions": "",
        "max_output_tokens": "inf",
        "tool_choice": "auto",
        "tools": [],
        "truncation": "auto",
    }


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """A session's settings.

    Attributes:
        id: the session's id.
        stored: whether the session service knows it by that id.
        model: the name the client gave.
        voice: a voice's id; "" is the default.
        speed: 0.25 to 4.
        format: type of the audio out: one of `REALTIME_FORMATS`.
        language: BCP 47 tag; "" is guessed. Ours: `parlando.language`.
        engine: an engine's name; "" goes by the model. Ours: `parlando.engine`.
        word_timestamps: whether `response.audio_timestamp.delta` is sent. Ours:
            `parlando.word_timestamps`.
        heard_format: type of the audio in: one of `REALTIME_FORMATS`.
        turn_detection: as it was set, defaults filled in; None is off.
        echo: what the client says of our own voice in its audio. Ours: `parlando.echo`.
        detector: how speech is told from other sound, shown as `parlando.detector`.
        shown: fields that are only shown again.
        shown_of_input: likewise, of `audio.input`.
    """

    id: str
    stored: bool = False
    model: str = DEFAULT_MODEL
    voice: str = ""
    speed: float = 1.0
    format: str = PCM
    language: str = ""
    engine: str = ""
    word_timestamps: bool = False
    heard_format: str = PCM
    turn_detection: Mapping[str, Any] | None = field(default_factory=turn_detection.at_first)
    echo: Echo = Echo.UNKNOWN
    detector: str = "silero"
    shown: Mapping[str, Any] = field(default_factory=_shown_at_first, repr=False)
    shown_of_input: Mapping[str, Any] = field(default_factory=dict)

    def updated(self, session: Fields) -> SessionConfig:
        """Return the settings after an update; what it leaves out stays as it is.

        Raises:
            ParlandoError: with the field that is wrong; then nothing of the update holds.
        """
        session.one_of("type", ("realtime",), "realtime")
        session.text("instructions", longest=_LONGEST_INSTRUCTIONS)
        require_audio(session)
        audio, ours = session.child("audio"), session.child("parlando")
        heard, spoken = audio.child("input"), audio.child("output")
        return replace(
            self,
            model=session.text("model", self.model, longest=LONGEST_NAME),
            voice=voice_of(spoken) if "voice" in spoken.values else self.voice,
            speed=speed_of(spoken, self.speed),
            format=_format_of(spoken, self.format),
            language=ours.text("language", self.language, longest=LONGEST_NAME),
            engine=ours.text("engine", self.engine, longest=LONGEST_NAME),
            word_timestamps=ours.flag("word_timestamps", default=self.word_timestamps),
            heard_format=_format_of(heard, self.heard_format),
            turn_detection=turn_detection.updated(heard, self.turn_detection),
            echo=Echo(ours.one_of("echo", [echo.value for echo in Echo], self.echo.value)),
            shown=_merged(self.shown, session, _SHOWN),
            shown_of_input=_merged(self.shown_of_input, heard, _SHOWN_OF_INPUT),
        )

    def for_response(self, response: Fields) -> SessionConfig:
        """Return the settings of one response: its own voice, speed and format where it has them.

        Raises:
            ParlandoError: with the field that is wrong.
        """
        require_audio(response)
        spoken = response.child("audio").child("output")
        instructions = response.text("instructions", self.instructions, longest=_LONGEST_INSTRUCTIONS)
        return replace(
            self,
            shown={**self.shown, "instructions": instructions},
            voice=voice_of(spoken) if spoken.given("voice") else self.voice,
            speed=speed_of(spoken, self.speed),
            format=_format_of(spoken, self.format),
        )

    @property
    def instructions(self) -> str:
        """How it is to be said; of one word alone, an emotion."""
        return self.shown.get("instructions") or ""

    @property
    def heard(self) -> AudioFormat:
        """The format of the audio in."""
        return REALTIME_FORMATS[self.heard_format]

    @property
    def detection(self) -> Detection | None:
        """When the user counts as speaking; None while nobody listens."""
        return turn_detection.detection_of(self.turn_detection)

    @property
    def interrupts(self) -> bool:
        """Whether the user's speech stops ours."""
        return self.turn_detection is not None and bool(self.turn_detection["interrupt_response"])

    @property
    def responds(self) -> bool:
        """Whether the end of the user's speech begins a response."""
        return self.turn_detection is not None and bool(self.turn_detection["create_response"])

    @property
    def transcribes(self) -> bool:
        """Whether the client waits for the words of the user's speech."""
        return self.shown_of_input.get("transcription") is not None

    @property
    def settings(self) -> SpeechSettings:
        """How this session speaks."""
        return SpeechSettings(
            voice=self.voice,
            engine=self.engine or engine_of(self.model),
            engine_field="session.parlando.engine" if self.engine else "model",
            language=self.language,
            speed=self.speed,
            audio=REALTIME_FORMATS[self.format],
            session_id=self.id if self.stored else "",
            emotion=emotion_of(self.instructions),
        )

    @property
    def document(self) -> str:
        """All of it as JSON, for the next connection; what is only shown is left out where it is too long."""
        whole = orjson.dumps(self.describe())
        if len(whole) > LONGEST_DOCUMENT:
            whole = orjson.dumps(replace(self, shown=_shown_at_first(), shown_of_input={}).describe())
        return whole.decode()

    def resumed(self, kept: KeptSettings) -> SessionConfig:
        """Return this session as an earlier connection left it.

        How it speaks is decided by `kept.settings`, which others may have changed. A document that cannot be
        read, as one of another version may be, counts as none.
        """
        config = self
        if kept.document:
            with suppress(ParlandoError):
                config = self.updated(Fields(parse_object(kept.document)))
        engine = config.engine
        if (
            kept.settings.engine != config.settings.engine
        ):  # or it is what the model or `parlando.engine` said
            engine = kept.settings.engine
        formats = {audio: name for name, audio in REALTIME_FORMATS.items()}
        return replace(
            config,
            voice=kept.settings.voice,
            engine=engine,
            language=kept.settings.language,
            speed=kept.settings.speed,
            format=formats.get(kept.settings.audio, config.format),
        )

    @property
    def output(self) -> dict[str, Any]:
        """The format and voice of the audio out; a voice that was not chosen is left out."""
        shown: dict[str, Any] = {"format": _format_shown(self.format)}
        if self.voice:
            shown["voice"] = self.voice
        return shown

    def describe(self) -> dict[str, Any]:
        """Return the session as events show it; what was never set is left out."""
        shown = {name: value for name, value in self.shown.items() if value is not None}
        heard = {name: value for name, value in self.shown_of_input.items() if value is not None}
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": self.id,
            "model": self.model,
            "output_modalities": ["audio"],
            **shown,
            "audio": {
                "input": {
                    "format": _format_shown(self.heard_format),
                    **heard,
                    "turn_detection": self.turn_detection,
                },
                "output": {**self.output, "speed": self.speed},
            },
            "parlando": {
                "language": self.language,
                "engine": self.engine,
                "word_timestamps": self.word_timestamps,
                "echo": self.echo.value,
                "detector": self.detector,
            },
        }


def require_audio(fields: Fields) -> None:
    """Refuse an answer in text alone: nothing here thinks of one.

    Raises:
        ParlandoError: NOT_SUPPORTED.
    """
    modalities = fields.values.get("output_modalities")
    if modalities is not None and (not isinstance(modalities, list) or "audio" not in modalities):
        raise ParlandoError(
            Reason.NOT_SUPPORTED,
            f'{fields.at("output_modalities")} is not offered: use ["audio"]',
            field=fields.at("output_modalities"),
        )


def _format_shown(name: str) -> dict[str, Any]:
    return {"type": name, "rate": REALTIME_FORMATS[name].rate} if name == PCM else {"type": name}


def _format_of(spoken: Fields, current: str) -> str:
    wanted = spoken.child("format")
    name = wanted.one_of("type", tuple(REALTIME_FORMATS), current)
    rate = REALTIME_FORMATS[name].rate
    wanted.whole("rate", rate, low=rate, high=rate)
    return name


def _merged(current: Mapping[str, Any], update: Fields, names: tuple[str, ...]) -> Mapping[str, Any]:
    return {**current, **{name: update.values[name] for name in names if name in update.values}}
