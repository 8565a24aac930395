"""What servers with OpenAI's speech interface have of their own: fields, lists of voices, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parlando_openai.formats import WireFormat
from parlando_openai.options import (
    Reading,
    clip,
    number,
    one_of,
    parameters,
    sentence,
    switches,
    texts,
    word,
    yes_or_no,
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A server.

    Attributes:
        name: the engine's.
        licence: of the server's code; "proprietary" for a service.
        base_url: of the service; "" where everyone runs a server of their own.
        model: the usual one; "" where there is none.
        voices: those it has, without a list to ask for; the first is the default.
        listings: paths of its lists of voices, below the base URL, "{model}" being the model's name: the
            first that there is, and that has any, is taken.
        nameless: whether a model without a list of voices has one all the same, by no name.
        format: how its sound travels, where the settings do not say.
        streamed: formats in which sound comes as it is made; in others all of it is made first.
        fields: sent with every request.
        streaming: likewise, so that sound comes as it is made, in formats that are streamed.
        rate_field: of the request, for the sample rate wanted; "" where it has none.
        language_field: of the request, for the language; "" where the voice or the text decides.
        languages: what that field takes, by primary language; empty where it takes tags.
        volume_field: of the request, for the loudness as a factor; "" where it has none.
        seed: whether it takes a seed, and repeats itself by it.
        mixes: whether its voices can be mixed by name.
        instructions: whether it takes instructions how to speak.
        slowest: least speed.
        fastest: greatest speed.
        longest: code points of one text.
        options: further fields of the request, by name.
        clip: the one of them that brings the clip of a voice; "" where there is none.
        billed: whether somebody is paid, for all of a text that was begun.
    """

    name: str
    licence: str
    base_url: str = ""
    model: str = ""
    voices: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    nameless: bool = False
    format: WireFormat = WireFormat.PCM
    streamed: frozenset[WireFormat] = frozenset(WireFormat)
    fields: Mapping[str, object] = field(default_factory=dict)
    streaming: Mapping[str, object] = field(default_factory=dict)
    rate_field: str = ""
    language_field: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)
    volume_field: str = ""
    seed: bool = False
    mixes: bool = False
    instructions: bool = True
    slowest: float = 0.25
    fastest: float = 4.0
    longest: int = 4_096
    options: Mapping[str, Reading] = field(default_factory=dict)
    clip: str = ""
    billed: bool = False


OPENAI = Profile(
    name="openai",
    licence="proprietary",
    base_url="https://api.openai.com/v1",
    model="gpt-4o-mini-tts",
    voices=(
        "marin", "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "nova", "onyx", "sage",
        "shimmer", "verse",
    ),
    billed=True,
)  # fmt: skip
"""OpenAI itself. All of a text is billed once it was sent, and nothing says that a broken request is not."""

TTS_1_VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
"""Voices of `tts-1` and `tts-1-hd`, which take neither instructions nor server-sent events."""

KOKORO_FASTAPI = Profile(
    name="kokoro-fastapi",
    licence="Apache-2.0",
    model="kokoro",
    voices=("af_heart",),
    listings=("/audio/voices",),
    fields={"normalization_options": {"normalize": False}},
    streaming={"stream": True},
    language_field="lang_code",
    languages={"en": "a", "es": "e", "fr": "f", "hi": "h", "it": "i", "ja": "j", "pt": "p", "zh": "z"},
    volume_field="volume_multiplier",
    mixes=True,
    instructions=False,
    options={
        "lang_code": one_of("a", "b", "e", "f", "h", "i", "j", "p", "z"),
        "normalization_options": switches(
            "normalize",
            "unit_normalization",
            "url_normalization",
            "email_normalization",
            "optional_pluralization_normalization",
            "phone_normalization",
            "replace_remaining_symbols",
        ),
    },
)
"""remsky/Kokoro-FastAPI. It stops when the connection ends. What it would write out has been."""

SPEACHES = Profile(
    name="speaches",
    licence="MIT",
    model="speaches-ai/Kokoro-82M-v1.0-ONNX",
    voices=("af_heart",),
    # What the model has; what all models have that are there; the same as older versions name it.
    listings=("/models/{model}", "/audio/voices", "/audio/speech/voices"),
    streaming={"stream_format": "audio"},
    rate_field="sample_rate",
    instructions=False,
    slowest=0.5,
    fastest=2.0,
)
"""speaches-ai/speaches, with Kokoro or Piper in it."""

LOCALAI = Profile(
    name="localai",
    licence="MIT",
    listings=("/audio/voices?model={model}",),
    nameless=True,
    format=WireFormat.WAV,
    streamed=frozenset({WireFormat.WAV}),
    streaming={"stream": True},
    language_field="language",
    options={"backend": word, "params": texts},
)
"""mudler/LocalAI. It passes speed on to models that have one; with others it changes nothing."""

VLLM_OMNI = Profile(
    name="vllm-omni",
    licence="Apache-2.0",
    model="Qwen/Qwen3-TTS-12Hz-1.7B-CustomVoice",
    voices=("vivian",),
    listings=("/audio/voices",),
    streamed=frozenset({WireFormat.PCM, WireFormat.WAV}),
    streaming={"stream": True, "stream_format": "audio"},
    rate_field="sample_rate",
    language_field="language",
    languages={
        "zh": "Chinese", "en": "English", "ja": "Japanese", "ko": "Korean", "de": "German", "fr": "French",
        "ru": "Russian", "pt": "Portuguese", "es": "Spanish", "it": "Italian",
    },
    seed=True,
    slowest=1.0,
    fastest=1.0,
    options={
        "task_type": one_of("CustomVoice", "VoiceDesign", "Base"),
        "ref_audio": clip,
        "ref_text": sentence,
        "x_vector_only_mode": yes_or_no,
        "max_new_tokens": number(1, 1_000_000),
        "initial_codec_chunk_frames": number(0, 10_000),
        "non_streaming_mode": yes_or_no,
        "extra_params": parameters,
    },
    clip="ref_audio",
)  # fmt: skip
"""vllm-project/vllm-omni. Most of its models change no speed while they stream."""
