"""How a text is to be spoken: the keyword arguments of `say`, `speak` and `estimate_cost`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Literal, TypedDict, get_args

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_client.text import check_text

Codec = Literal["pcm", "mulaw", "alaw", "mp3", "opus", "aac", "flac"]
Container = Literal["raw", "wav", "ogg", "adts", "native"]
Markup = Literal["plain", "markdown", "ssml"]
Playout = Literal["unpaced", "clock", "reported"]

_LONGEST = 86_400


class Delivery(TypedDict, total=False):
    """All of it may be left out; ranges are checked by the router.

    Attributes:
        voice: id or alias, "engine:voice" where several engines have it; left out, the language's own.
        engine: name; left out, the router chooses.
        language: BCP 47 tag of the text; left out, guessed.
        speed: in proportion to the voice's own rate, 0.25 to 4.0.
        pitch_semitones: from the voice's own, -12 to 12.
        volume_db: from the voice's own, -40 to 12.
        emotion: a feeling by name, where the engine can.
        emotion_intensity: how much of it, 0 to 1.
        codec: "pcm" is signed 16-bit little-endian, one channel, and the default.
        container: what the coded samples are wrapped in; left out, the codec's own.
        sample_rate_hz: 8,000 to 48,000; left out, 24,000, or 8,000 for "mulaw" and "alaw".
        bit_rate_bps: bits a second of a compressed codec.
        markup: how the text is written.
        playout: what holds synthesis back when it runs ahead of playback; left out, "clock" for `speak`
            and "unpaced" for `say`. With "reported", tell what was played by `played`.
        playout_budget: seconds of audio that may lie ahead of playback, 0.3 to 60.
        flush_after: seconds of silence from the writer after which what there is gets spoken.
        first_chunk_within: seconds from the first text to the first audio before the call fails.
        session_id: the session that it belongs to, whose budget pays for engines that have a price.
        seed: makes the result repeatable where the engine can.
        engine_options: settings that only one engine has, by name.
        disabled_rules: names of rules of normalisation to leave out.
    """

    voice: str
    engine: str
    language: str
    speed: float
    pitch_semitones: float
    volume_db: float
    emotion: str
    emotion_intensity: float
    codec: Codec
    container: Container
    sample_rate_hz: int
    bit_rate_bps: int
    markup: Markup
    playout: Playout
    playout_budget: float
    flush_after: float
    first_chunk_within: float
    session_id: str
    seed: int
    engine_options: Mapping[str, str]
    disabled_rules: Collection[str]


def settings_message(how: Delivery) -> speech_pb2.SpeechSettings:
    """Return the settings as the router takes them.

    Raises:
        TypeError: an argument there is none of.
        ValueError: a word that is not one of those allowed, or a text that cannot be encoded; names the
            argument.
    """
    unknown = how.keys() - Delivery.__annotations__.keys()
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
    for argument, value in how.items():
        if isinstance(value, str):
            check_text(value, argument)
    options = how.get("engine_options", {})
    for name, setting in options.items():
        check_text(name, "engine_options")
        check_text(setting, f"engine_options[{name!r}]")
    rules = how.get("disabled_rules", ())
    for name in rules:
        check_text(name, "disabled_rules")
    return speech_pb2.SpeechSettings(
        voice=how.get("voice"),
        engine=how.get("engine"),
        language=how.get("language"),
        format=audio_pb2.AudioFormat(
            codec=_label("AUDIO_CODEC_", "codec", how.get("codec"), get_args(Codec)),
            container=_label("AUDIO_CONTAINER_", "container", how.get("container"), get_args(Container)),
            sample_rate_hz=how.get("sample_rate_hz"),
            bit_rate_bps=how.get("bit_rate_bps"),
        ),
        prosody=synth_pb2.Prosody(
            speed=how.get("speed"),
            pitch_semitones=how.get("pitch_semitones"),
            volume_db=how.get("volume_db"),
        ),
        emotion=_emotion(how),
        markup=_label("MARKUP_", "markup", how.get("markup"), get_args(Markup)),
        playout_mode=_label("PLAYOUT_MODE_", "playout", how.get("playout"), get_args(Playout)),
        playout_budget=_seconds("playout_budget", how.get("playout_budget")),
        session_id=how.get("session_id"),
        limits=_limits(how),
        flush_after=_seconds("flush_after", how.get("flush_after")),
        seed=how.get("seed"),
        engine_options=options,
        disabled_rules=rules,
    )


def _label(prefix: str, argument: str, value: str | None, allowed: Iterable[str]) -> str | None:
    if value is None:
        return None
    if value not in allowed:
        raise ValueError(f"{argument} is {value!r}: use one of {', '.join(allowed)}")
    return prefix + ("PCM_S16LE" if value == "pcm" else value.upper())


def _seconds(argument: str, value: float | None) -> timedelta | None:
    if value is None:
        return None
    if not 0 <= value <= _LONGEST:  # NaN included
        raise ValueError(f"{argument} is {value}: use 0 to {_LONGEST:,} seconds")
    return timedelta(seconds=value)


def _emotion(how: Delivery) -> synth_pb2.Emotion | None:
    if "emotion" not in how:
        return None
    return synth_pb2.Emotion(name=how["emotion"], intensity=how.get("emotion_intensity"))


def _limits(how: Delivery) -> speech_pb2.LatencyLimits | None:
    if "first_chunk_within" not in how:
        return None
    return speech_pb2.LatencyLimits(
        first_chunk=_seconds("first_chunk_within", how["first_chunk_within"]),
    )
