import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.type import date_pb2 as _date_pb2
from google.type import money_pb2 as _money_pb2
from parlando.audio.v1 import audio_pb2 as _audio_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TextKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT_KIND_UNSPECIFIED: _ClassVar[TextKind]
    TEXT_KIND_PLAIN: _ClassVar[TextKind]
    TEXT_KIND_SSML: _ClassVar[TextKind]
    TEXT_KIND_PHONEMES: _ClassVar[TextKind]

class VoiceGender(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VOICE_GENDER_UNSPECIFIED: _ClassVar[VoiceGender]
    VOICE_GENDER_FEMALE: _ClassVar[VoiceGender]
    VOICE_GENDER_MALE: _ClassVar[VoiceGender]
    VOICE_GENDER_NEUTRAL: _ClassVar[VoiceGender]

class StopOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STOP_OUTCOME_UNSPECIFIED: _ClassVar[StopOutcome]
    STOP_OUTCOME_STOPPED: _ClassVar[StopOutcome]
    STOP_OUTCOME_ABANDONED: _ClassVar[StopOutcome]
    STOP_OUTCOME_ALREADY_FINISHED: _ClassVar[StopOutcome]
    STOP_OUTCOME_UNCONFIRMED: _ClassVar[StopOutcome]
    STOP_OUTCOME_WORKER_LOST: _ClassVar[StopOutcome]

class EngineState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENGINE_STATE_UNSPECIFIED: _ClassVar[EngineState]
    ENGINE_STATE_LOADING: _ClassVar[EngineState]
    ENGINE_STATE_READY: _ClassVar[EngineState]
    ENGINE_STATE_DRAINING: _ClassVar[EngineState]
    ENGINE_STATE_FAILED: _ClassVar[EngineState]
    ENGINE_STATE_UNLOADED: _ClassVar[EngineState]
TEXT_KIND_UNSPECIFIED: TextKind
TEXT_KIND_PLAIN: TextKind
TEXT_KIND_SSML: TextKind
TEXT_KIND_PHONEMES: TextKind
VOICE_GENDER_UNSPECIFIED: VoiceGender
VOICE_GENDER_FEMALE: VoiceGender
VOICE_GENDER_MALE: VoiceGender
VOICE_GENDER_NEUTRAL: VoiceGender
STOP_OUTCOME_UNSPECIFIED: StopOutcome
STOP_OUTCOME_STOPPED: StopOutcome
STOP_OUTCOME_ABANDONED: StopOutcome
STOP_OUTCOME_ALREADY_FINISHED: StopOutcome
STOP_OUTCOME_UNCONFIRMED: StopOutcome
STOP_OUTCOME_WORKER_LOST: StopOutcome
ENGINE_STATE_UNSPECIFIED: EngineState
ENGINE_STATE_LOADING: EngineState
ENGINE_STATE_READY: EngineState
ENGINE_STATE_DRAINING: EngineState
ENGINE_STATE_FAILED: EngineState
ENGINE_STATE_UNLOADED: EngineState

class Voice(_message.Message):
    __slots__ = ("id", "name", "engine", "languages", "gender", "age", "sample_rate_hz", "cloned", "licence", "description", "aliases", "consent_note", "mix", "revision")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    CLONED_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    CONSENT_NOTE_FIELD_NUMBER: _ClassVar[int]
    MIX_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    engine: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    gender: VoiceGender
    age: int
    sample_rate_hz: int
    cloned: bool
    licence: str
    description: str
    aliases: _containers.RepeatedScalarFieldContainer[str]
    consent_note: str
    mix: str
    revision: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., engine: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., gender: _Optional[_Union[VoiceGender, str]] = ..., age: _Optional[int] = ..., sample_rate_hz: _Optional[int] = ..., cloned: bool = ..., licence: _Optional[str] = ..., description: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ..., consent_note: _Optional[str] = ..., mix: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...

class Prosody(_message.Message):
    __slots__ = ("speed", "pitch_semitones", "volume_db")
    SPEED_FIELD_NUMBER: _ClassVar[int]
    PITCH_SEMITONES_FIELD_NUMBER: _ClassVar[int]
    VOLUME_DB_FIELD_NUMBER: _ClassVar[int]
    speed: float
    pitch_semitones: float
    volume_db: float
    def __init__(self, speed: _Optional[float] = ..., pitch_semitones: _Optional[float] = ..., volume_db: _Optional[float] = ...) -> None: ...

class Emotion(_message.Message):
    __slots__ = ("name", "intensity")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    intensity: float
    def __init__(self, name: _Optional[str] = ..., intensity: _Optional[float] = ...) -> None: ...

class SynthesizeRequest(_message.Message):
    __slots__ = ("synthesis_id", "text", "text_kind", "voice", "language", "prosody", "emotion", "previous_text", "next_text", "seed", "audio_queued", "model", "engine_options")
    class EngineOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SYNTHESIS_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_KIND_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_TEXT_FIELD_NUMBER: _ClassVar[int]
    NEXT_TEXT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    AUDIO_QUEUED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENGINE_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    synthesis_id: str
    text: str
    text_kind: TextKind
    voice: str
    language: str
    prosody: Prosody
    emotion: Emotion
    previous_text: str
    next_text: str
    seed: int
    audio_queued: _duration_pb2.Duration
    model: str
    engine_options: _containers.ScalarMap[str, str]
    def __init__(self, synthesis_id: _Optional[str] = ..., text: _Optional[str] = ..., text_kind: _Optional[_Union[TextKind, str]] = ..., voice: _Optional[str] = ..., language: _Optional[str] = ..., prosody: _Optional[_Union[Prosody, _Mapping]] = ..., emotion: _Optional[_Union[Emotion, _Mapping]] = ..., previous_text: _Optional[str] = ..., next_text: _Optional[str] = ..., seed: _Optional[int] = ..., audio_queued: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., model: _Optional[str] = ..., engine_options: _Optional[_Mapping[str, str]] = ...) -> None: ...

class SynthesisStarted(_message.Message):
    __slots__ = ("voice", "sample_rate_hz", "timing_quality", "ignored", "queued")
    VOICE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    TIMING_QUALITY_FIELD_NUMBER: _ClassVar[int]
    IGNORED_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    voice: str
    sample_rate_hz: int
    timing_quality: _audio_pb2.TimingQuality
    ignored: _containers.RepeatedScalarFieldContainer[str]
    queued: _duration_pb2.Duration
    def __init__(self, voice: _Optional[str] = ..., sample_rate_hz: _Optional[int] = ..., timing_quality: _Optional[_Union[_audio_pb2.TimingQuality, str]] = ..., ignored: _Optional[_Iterable[str]] = ..., queued: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SynthesisAudio(_message.Message):
    __slots__ = ("pcm", "first_sample")
    PCM_FIELD_NUMBER: _ClassVar[int]
    FIRST_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    pcm: bytes
    first_sample: int
    def __init__(self, pcm: _Optional[bytes] = ..., first_sample: _Optional[int] = ...) -> None: ...

class SynthesisWords(_message.Message):
    __slots__ = ("words",)
    WORDS_FIELD_NUMBER: _ClassVar[int]
    words: _containers.RepeatedCompositeFieldContainer[_audio_pb2.WordTiming]
    def __init__(self, words: _Optional[_Iterable[_Union[_audio_pb2.WordTiming, _Mapping]]] = ...) -> None: ...

class SynthesisProgress(_message.Message):
    __slots__ = ("fraction",)
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    def __init__(self, fraction: _Optional[float] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("characters", "cost", "reported_by_vendor")
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    REPORTED_BY_VENDOR_FIELD_NUMBER: _ClassVar[int]
    characters: int
    cost: _money_pb2.Money
    reported_by_vendor: bool
    def __init__(self, characters: _Optional[int] = ..., cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., reported_by_vendor: bool = ...) -> None: ...

class Deviation(_message.Message):
    __slots__ = ("missing", "added")
    MISSING_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    missing: int
    added: int
    def __init__(self, missing: _Optional[int] = ..., added: _Optional[int] = ...) -> None: ...

class SynthesisFinished(_message.Message):
    __slots__ = ("sample_count", "engine_time", "usage", "deviation")
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ENGINE_TIME_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    DEVIATION_FIELD_NUMBER: _ClassVar[int]
    sample_count: int
    engine_time: _duration_pb2.Duration
    usage: Usage
    deviation: Deviation
    def __init__(self, sample_count: _Optional[int] = ..., engine_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., usage: _Optional[_Union[Usage, _Mapping]] = ..., deviation: _Optional[_Union[Deviation, _Mapping]] = ...) -> None: ...

class SynthesizeResponse(_message.Message):
    __slots__ = ("started", "audio", "words", "progress", "finished")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    started: SynthesisStarted
    audio: SynthesisAudio
    words: SynthesisWords
    progress: SynthesisProgress
    finished: SynthesisFinished
    def __init__(self, started: _Optional[_Union[SynthesisStarted, _Mapping]] = ..., audio: _Optional[_Union[SynthesisAudio, _Mapping]] = ..., words: _Optional[_Union[SynthesisWords, _Mapping]] = ..., progress: _Optional[_Union[SynthesisProgress, _Mapping]] = ..., finished: _Optional[_Union[SynthesisFinished, _Mapping]] = ...) -> None: ...

class StopSynthesisRequest(_message.Message):
    __slots__ = ("synthesis_id",)
    SYNTHESIS_ID_FIELD_NUMBER: _ClassVar[int]
    synthesis_id: str
    def __init__(self, synthesis_id: _Optional[str] = ...) -> None: ...

class StopSynthesisResponse(_message.Message):
    __slots__ = ("outcome", "samples_made", "engine_time_after_stop", "idle_after")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_MADE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_TIME_AFTER_STOP_FIELD_NUMBER: _ClassVar[int]
    IDLE_AFTER_FIELD_NUMBER: _ClassVar[int]
    outcome: StopOutcome
    samples_made: int
    engine_time_after_stop: _duration_pb2.Duration
    idle_after: _duration_pb2.Duration
    def __init__(self, outcome: _Optional[_Union[StopOutcome, str]] = ..., samples_made: _Optional[int] = ..., engine_time_after_stop: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., idle_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DescribeEngineRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class EngineCapabilities(_message.Message):
    __slots__ = ("streams", "timing_quality", "text_kinds", "ssml_elements", "speed", "pitch", "volume", "emotions", "voice_mixing", "voice_cloning", "stoppable", "repeatable", "phonemizes")
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    TIMING_QUALITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_KINDS_FIELD_NUMBER: _ClassVar[int]
    SSML_ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    PITCH_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    EMOTIONS_FIELD_NUMBER: _ClassVar[int]
    VOICE_MIXING_FIELD_NUMBER: _ClassVar[int]
    VOICE_CLONING_FIELD_NUMBER: _ClassVar[int]
    STOPPABLE_FIELD_NUMBER: _ClassVar[int]
    REPEATABLE_FIELD_NUMBER: _ClassVar[int]
    PHONEMIZES_FIELD_NUMBER: _ClassVar[int]
    streams: bool
    timing_quality: _audio_pb2.TimingQuality
    text_kinds: _containers.RepeatedScalarFieldContainer[TextKind]
    ssml_elements: _containers.RepeatedScalarFieldContainer[str]
    speed: bool
    pitch: bool
    volume: bool
    emotions: _containers.RepeatedScalarFieldContainer[str]
    voice_mixing: bool
    voice_cloning: bool
    stoppable: bool
    repeatable: bool
    phonemizes: bool
    def __init__(self, streams: bool = ..., timing_quality: _Optional[_Union[_audio_pb2.TimingQuality, str]] = ..., text_kinds: _Optional[_Iterable[_Union[TextKind, str]]] = ..., ssml_elements: _Optional[_Iterable[str]] = ..., speed: bool = ..., pitch: bool = ..., volume: bool = ..., emotions: _Optional[_Iterable[str]] = ..., voice_mixing: bool = ..., voice_cloning: bool = ..., stoppable: bool = ..., repeatable: bool = ..., phonemizes: bool = ...) -> None: ...

class EngineLimits(_message.Message):
    __slots__ = ("max_text_code_points", "min_speed", "max_speed", "max_phonemes_per_run", "longest_silence")
    MAX_TEXT_CODE_POINTS_FIELD_NUMBER: _ClassVar[int]
    MIN_SPEED_FIELD_NUMBER: _ClassVar[int]
    MAX_SPEED_FIELD_NUMBER: _ClassVar[int]
    MAX_PHONEMES_PER_RUN_FIELD_NUMBER: _ClassVar[int]
    LONGEST_SILENCE_FIELD_NUMBER: _ClassVar[int]
    max_text_code_points: int
    min_speed: float
    max_speed: float
    max_phonemes_per_run: int
    longest_silence: _duration_pb2.Duration
    def __init__(self, max_text_code_points: _Optional[int] = ..., min_speed: _Optional[float] = ..., max_speed: _Optional[float] = ..., max_phonemes_per_run: _Optional[int] = ..., longest_silence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class EngineCapacity(_message.Message):
    __slots__ = ("max_live", "max_queued", "real_time_streams")
    MAX_LIVE_FIELD_NUMBER: _ClassVar[int]
    MAX_QUEUED_FIELD_NUMBER: _ClassVar[int]
    REAL_TIME_STREAMS_FIELD_NUMBER: _ClassVar[int]
    max_live: int
    max_queued: int
    real_time_streams: float
    def __init__(self, max_live: _Optional[int] = ..., max_queued: _Optional[int] = ..., real_time_streams: _Optional[float] = ...) -> None: ...

class EngineLoad(_message.Message):
    __slots__ = ("live", "queued", "real_time_factor", "first_chunk", "total", "instances")
    LIVE_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    REAL_TIME_FACTOR_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    live: int
    queued: int
    real_time_factor: float
    first_chunk: _duration_pb2.Duration
    total: int
    instances: int
    def __init__(self, live: _Optional[int] = ..., queued: _Optional[int] = ..., real_time_factor: _Optional[float] = ..., first_chunk: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., total: _Optional[int] = ..., instances: _Optional[int] = ...) -> None: ...

class EnginePrice(_message.Message):
    __slots__ = ("per_million_characters", "as_of")
    PER_MILLION_CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    per_million_characters: _money_pb2.Money
    as_of: _date_pb2.Date
    def __init__(self, per_million_characters: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., as_of: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class DescribeEngineResponse(_message.Message):
    __slots__ = ("engine", "engine_version", "model", "worker_id", "capabilities", "limits", "capacity", "load", "price", "state", "detail", "licence", "default_voice", "voices_revision")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VOICE_FIELD_NUMBER: _ClassVar[int]
    VOICES_REVISION_FIELD_NUMBER: _ClassVar[int]
    engine: str
    engine_version: str
    model: str
    worker_id: str
    capabilities: EngineCapabilities
    limits: EngineLimits
    capacity: EngineCapacity
    load: EngineLoad
    price: EnginePrice
    state: EngineState
    detail: str
    licence: str
    default_voice: str
    voices_revision: str
    def __init__(self, engine: _Optional[str] = ..., engine_version: _Optional[str] = ..., model: _Optional[str] = ..., worker_id: _Optional[str] = ..., capabilities: _Optional[_Union[EngineCapabilities, _Mapping]] = ..., limits: _Optional[_Union[EngineLimits, _Mapping]] = ..., capacity: _Optional[_Union[EngineCapacity, _Mapping]] = ..., load: _Optional[_Union[EngineLoad, _Mapping]] = ..., price: _Optional[_Union[EnginePrice, _Mapping]] = ..., state: _Optional[_Union[EngineState, str]] = ..., detail: _Optional[str] = ..., licence: _Optional[str] = ..., default_voice: _Optional[str] = ..., voices_revision: _Optional[str] = ...) -> None: ...

class ListVoicesRequest(_message.Message):
    __slots__ = ("language",)
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    language: str
    def __init__(self, language: _Optional[str] = ...) -> None: ...

class ListVoicesResponse(_message.Message):
    __slots__ = ("voices",)
    VOICES_FIELD_NUMBER: _ClassVar[int]
    voices: _containers.RepeatedCompositeFieldContainer[Voice]
    def __init__(self, voices: _Optional[_Iterable[_Union[Voice, _Mapping]]] = ...) -> None: ...

class PhonemizeRequest(_message.Message):
    __slots__ = ("text", "voice", "language")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    text: str
    voice: str
    language: str
    def __init__(self, text: _Optional[str] = ..., voice: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class PhonemizedWord(_message.Message):
    __slots__ = ("spoken", "phonemes")
    SPOKEN_FIELD_NUMBER: _ClassVar[int]
    PHONEMES_FIELD_NUMBER: _ClassVar[int]
    spoken: _audio_pb2.SpokenSpan
    phonemes: str
    def __init__(self, spoken: _Optional[_Union[_audio_pb2.SpokenSpan, _Mapping]] = ..., phonemes: _Optional[str] = ...) -> None: ...

class PhonemizeResponse(_message.Message):
    __slots__ = ("voice", "phonemes", "words")
    VOICE_FIELD_NUMBER: _ClassVar[int]
    PHONEMES_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    voice: str
    phonemes: str
    words: _containers.RepeatedCompositeFieldContainer[PhonemizedWord]
    def __init__(self, voice: _Optional[str] = ..., phonemes: _Optional[str] = ..., words: _Optional[_Iterable[_Union[PhonemizedWord, _Mapping]]] = ...) -> None: ...
