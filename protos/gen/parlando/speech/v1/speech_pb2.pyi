import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.type import money_pb2 as _money_pb2
from parlando.audio.v1 import audio_pb2 as _audio_pb2
from parlando.fragmenter.v1 import fragmenter_pb2 as _fragmenter_pb2
from parlando.synth.v1 import synth_pb2 as _synth_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PlayoutMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAYOUT_MODE_UNSPECIFIED: _ClassVar[PlayoutMode]
    PLAYOUT_MODE_UNPACED: _ClassVar[PlayoutMode]
    PLAYOUT_MODE_CLOCK: _ClassVar[PlayoutMode]
    PLAYOUT_MODE_REPORTED: _ClassVar[PlayoutMode]
PLAYOUT_MODE_UNSPECIFIED: PlayoutMode
PLAYOUT_MODE_UNPACED: PlayoutMode
PLAYOUT_MODE_CLOCK: PlayoutMode
PLAYOUT_MODE_REPORTED: PlayoutMode

class LatencyLimits(_message.Message):
    __slots__ = ("first_chunk",)
    FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    first_chunk: _duration_pb2.Duration
    def __init__(self, first_chunk: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SpeechSettings(_message.Message):
    __slots__ = ("voice", "engine", "language", "format", "prosody", "emotion", "markup", "playout_mode", "playout_budget", "session_id", "limits", "schedule", "flush_after", "seed", "engine_options", "disabled_rules")
    class EngineOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VOICE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    MARKUP_FIELD_NUMBER: _ClassVar[int]
    PLAYOUT_MODE_FIELD_NUMBER: _ClassVar[int]
    PLAYOUT_BUDGET_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    FLUSH_AFTER_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DISABLED_RULES_FIELD_NUMBER: _ClassVar[int]
    voice: str
    engine: str
    language: str
    format: _audio_pb2.AudioFormat
    prosody: _synth_pb2.Prosody
    emotion: _synth_pb2.Emotion
    markup: _fragmenter_pb2.Markup
    playout_mode: PlayoutMode
    playout_budget: _duration_pb2.Duration
    session_id: str
    limits: LatencyLimits
    schedule: _fragmenter_pb2.Schedule
    flush_after: _duration_pb2.Duration
    seed: int
    engine_options: _containers.ScalarMap[str, str]
    disabled_rules: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, voice: _Optional[str] = ..., engine: _Optional[str] = ..., language: _Optional[str] = ..., format: _Optional[_Union[_audio_pb2.AudioFormat, _Mapping]] = ..., prosody: _Optional[_Union[_synth_pb2.Prosody, _Mapping]] = ..., emotion: _Optional[_Union[_synth_pb2.Emotion, _Mapping]] = ..., markup: _Optional[_Union[_fragmenter_pb2.Markup, str]] = ..., playout_mode: _Optional[_Union[PlayoutMode, str]] = ..., playout_budget: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., session_id: _Optional[str] = ..., limits: _Optional[_Union[LatencyLimits, _Mapping]] = ..., schedule: _Optional[_Union[_fragmenter_pb2.Schedule, _Mapping]] = ..., flush_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., seed: _Optional[int] = ..., engine_options: _Optional[_Mapping[str, str]] = ..., disabled_rules: _Optional[_Iterable[str]] = ...) -> None: ...

class SpeakOpen(_message.Message):
    __slots__ = ("settings", "utterance_id", "text", "complete")
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    settings: SpeechSettings
    utterance_id: str
    text: str
    complete: bool
    def __init__(self, settings: _Optional[_Union[SpeechSettings, _Mapping]] = ..., utterance_id: _Optional[str] = ..., text: _Optional[str] = ..., complete: bool = ...) -> None: ...

class SpeakText(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class SpeakFlush(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class SpeakCancel(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SpeakPlayback(_message.Message):
    __slots__ = ("samples_played",)
    SAMPLES_PLAYED_FIELD_NUMBER: _ClassVar[int]
    samples_played: int
    def __init__(self, samples_played: _Optional[int] = ...) -> None: ...

class SpeakEnd(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SpeakRequest(_message.Message):
    __slots__ = ("epoch", "open", "text", "flush", "cancel", "end", "playback")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FLUSH_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    open: SpeakOpen
    text: SpeakText
    flush: SpeakFlush
    cancel: SpeakCancel
    end: SpeakEnd
    playback: SpeakPlayback
    def __init__(self, epoch: _Optional[int] = ..., open: _Optional[_Union[SpeakOpen, _Mapping]] = ..., text: _Optional[_Union[SpeakText, _Mapping]] = ..., flush: _Optional[_Union[SpeakFlush, _Mapping]] = ..., cancel: _Optional[_Union[SpeakCancel, _Mapping]] = ..., end: _Optional[_Union[SpeakEnd, _Mapping]] = ..., playback: _Optional[_Union[SpeakPlayback, _Mapping]] = ...) -> None: ...

class SpeechStarted(_message.Message):
    __slots__ = ("engine", "voice", "format", "ignored")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    IGNORED_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    format: _audio_pb2.AudioFormat
    ignored: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ..., format: _Optional[_Union[_audio_pb2.AudioFormat, _Mapping]] = ..., ignored: _Optional[_Iterable[str]] = ...) -> None: ...

class AudioFrame(_message.Message):
    __slots__ = ("data", "first_sample", "sample_count", "fragment_index", "synthesis_id")
    DATA_FIELD_NUMBER: _ClassVar[int]
    FIRST_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    FRAGMENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    SYNTHESIS_ID_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    first_sample: int
    sample_count: int
    fragment_index: int
    synthesis_id: str
    def __init__(self, data: _Optional[bytes] = ..., first_sample: _Optional[int] = ..., sample_count: _Optional[int] = ..., fragment_index: _Optional[int] = ..., synthesis_id: _Optional[str] = ...) -> None: ...

class SpeechWords(_message.Message):
    __slots__ = ("words", "fragment_index")
    WORDS_FIELD_NUMBER: _ClassVar[int]
    FRAGMENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    words: _containers.RepeatedCompositeFieldContainer[_audio_pb2.WordTiming]
    fragment_index: int
    def __init__(self, words: _Optional[_Iterable[_Union[_audio_pb2.WordTiming, _Mapping]]] = ..., fragment_index: _Optional[int] = ...) -> None: ...

class FragmentBegun(_message.Message):
    __slots__ = ("fragment_index", "source", "spoken_text", "first_sample", "ends_sentence", "synthesis_id", "language")
    FRAGMENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SPOKEN_TEXT_FIELD_NUMBER: _ClassVar[int]
    FIRST_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    ENDS_SENTENCE_FIELD_NUMBER: _ClassVar[int]
    SYNTHESIS_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    fragment_index: int
    source: _audio_pb2.SourceSpan
    spoken_text: str
    first_sample: int
    ends_sentence: bool
    synthesis_id: str
    language: str
    def __init__(self, fragment_index: _Optional[int] = ..., source: _Optional[_Union[_audio_pb2.SourceSpan, _Mapping]] = ..., spoken_text: _Optional[str] = ..., first_sample: _Optional[int] = ..., ends_sentence: bool = ..., synthesis_id: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class SpeechProgress(_message.Message):
    __slots__ = ("source_done", "source_received", "fraction", "time_left", "speaking")
    SOURCE_DONE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    TIME_LEFT_FIELD_NUMBER: _ClassVar[int]
    SPEAKING_FIELD_NUMBER: _ClassVar[int]
    source_done: int
    source_received: int
    fraction: float
    time_left: _duration_pb2.Duration
    speaking: _audio_pb2.SourceSpan
    def __init__(self, source_done: _Optional[int] = ..., source_received: _Optional[int] = ..., fraction: _Optional[float] = ..., time_left: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., speaking: _Optional[_Union[_audio_pb2.SourceSpan, _Mapping]] = ...) -> None: ...

class SpeechFlushed(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class EngineChanged(_message.Message):
    __slots__ = ("engine", "voice", "first_sample", "source_offset", "reason", "seam_quality")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    FIRST_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEAM_QUALITY_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    first_sample: int
    source_offset: int
    reason: str
    seam_quality: _audio_pb2.TimingQuality
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ..., first_sample: _Optional[int] = ..., source_offset: _Optional[int] = ..., reason: _Optional[str] = ..., seam_quality: _Optional[_Union[_audio_pb2.TimingQuality, str]] = ...) -> None: ...

class SpeechCancelled(_message.Message):
    __slots__ = ("epoch", "samples_sent")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_SENT_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    samples_sent: int
    def __init__(self, epoch: _Optional[int] = ..., samples_sent: _Optional[int] = ...) -> None: ...

class StopReport(_message.Message):
    __slots__ = ("epoch", "samples_sent", "fragments_dropped", "samples_discarded", "last_byte_after", "idle_after", "engine_time_after_stop", "outcome")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_SENT_FIELD_NUMBER: _ClassVar[int]
    FRAGMENTS_DROPPED_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_DISCARDED_FIELD_NUMBER: _ClassVar[int]
    LAST_BYTE_AFTER_FIELD_NUMBER: _ClassVar[int]
    IDLE_AFTER_FIELD_NUMBER: _ClassVar[int]
    ENGINE_TIME_AFTER_STOP_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    samples_sent: int
    fragments_dropped: int
    samples_discarded: int
    last_byte_after: _duration_pb2.Duration
    idle_after: _duration_pb2.Duration
    engine_time_after_stop: _duration_pb2.Duration
    outcome: _synth_pb2.StopOutcome
    def __init__(self, epoch: _Optional[int] = ..., samples_sent: _Optional[int] = ..., fragments_dropped: _Optional[int] = ..., samples_discarded: _Optional[int] = ..., last_byte_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., idle_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., engine_time_after_stop: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., outcome: _Optional[_Union[_synth_pb2.StopOutcome, str]] = ...) -> None: ...

class SpeechUsage(_message.Message):
    __slots__ = ("engine", "characters", "cost", "engine_time", "model", "words_missing", "words_added")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    ENGINE_TIME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WORDS_MISSING_FIELD_NUMBER: _ClassVar[int]
    WORDS_ADDED_FIELD_NUMBER: _ClassVar[int]
    engine: str
    characters: int
    cost: _money_pb2.Money
    engine_time: _duration_pb2.Duration
    model: str
    words_missing: int
    words_added: int
    def __init__(self, engine: _Optional[str] = ..., characters: _Optional[int] = ..., cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., engine_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., model: _Optional[str] = ..., words_missing: _Optional[int] = ..., words_added: _Optional[int] = ...) -> None: ...

class SpeechFinished(_message.Message):
    __slots__ = ("sample_count", "words", "first_chunk", "usage", "source_length", "most_unheard")
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MOST_UNHEARD_FIELD_NUMBER: _ClassVar[int]
    sample_count: int
    words: _containers.RepeatedCompositeFieldContainer[_audio_pb2.WordTiming]
    first_chunk: _duration_pb2.Duration
    usage: _containers.RepeatedCompositeFieldContainer[SpeechUsage]
    source_length: int
    most_unheard: _duration_pb2.Duration
    def __init__(self, sample_count: _Optional[int] = ..., words: _Optional[_Iterable[_Union[_audio_pb2.WordTiming, _Mapping]]] = ..., first_chunk: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., usage: _Optional[_Iterable[_Union[SpeechUsage, _Mapping]]] = ..., source_length: _Optional[int] = ..., most_unheard: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SpeechEvent(_message.Message):
    __slots__ = ("epoch", "started", "fragment", "audio", "words", "progress", "flushed", "engine_changed", "cancelled", "stop_report", "finished")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    FRAGMENT_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FLUSHED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_CHANGED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    STOP_REPORT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    started: SpeechStarted
    fragment: FragmentBegun
    audio: AudioFrame
    words: SpeechWords
    progress: SpeechProgress
    flushed: SpeechFlushed
    engine_changed: EngineChanged
    cancelled: SpeechCancelled
    stop_report: StopReport
    finished: SpeechFinished
    def __init__(self, epoch: _Optional[int] = ..., started: _Optional[_Union[SpeechStarted, _Mapping]] = ..., fragment: _Optional[_Union[FragmentBegun, _Mapping]] = ..., audio: _Optional[_Union[AudioFrame, _Mapping]] = ..., words: _Optional[_Union[SpeechWords, _Mapping]] = ..., progress: _Optional[_Union[SpeechProgress, _Mapping]] = ..., flushed: _Optional[_Union[SpeechFlushed, _Mapping]] = ..., engine_changed: _Optional[_Union[EngineChanged, _Mapping]] = ..., cancelled: _Optional[_Union[SpeechCancelled, _Mapping]] = ..., stop_report: _Optional[_Union[StopReport, _Mapping]] = ..., finished: _Optional[_Union[SpeechFinished, _Mapping]] = ...) -> None: ...

class SpeakResponse(_message.Message):
    __slots__ = ("utterance_id", "events")
    UTTERANCE_ID_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    utterance_id: str
    events: _containers.RepeatedCompositeFieldContainer[SpeechEvent]
    def __init__(self, utterance_id: _Optional[str] = ..., events: _Optional[_Iterable[_Union[SpeechEvent, _Mapping]]] = ...) -> None: ...

class SayRequest(_message.Message):
    __slots__ = ("text", "settings", "utterance_id")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_ID_FIELD_NUMBER: _ClassVar[int]
    text: str
    settings: SpeechSettings
    utterance_id: str
    def __init__(self, text: _Optional[str] = ..., settings: _Optional[_Union[SpeechSettings, _Mapping]] = ..., utterance_id: _Optional[str] = ...) -> None: ...

class SayResponse(_message.Message):
    __slots__ = ("utterance_id", "events")
    UTTERANCE_ID_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    utterance_id: str
    events: _containers.RepeatedCompositeFieldContainer[SpeechEvent]
    def __init__(self, utterance_id: _Optional[str] = ..., events: _Optional[_Iterable[_Union[SpeechEvent, _Mapping]]] = ...) -> None: ...

class StreamAudioRequest(_message.Message):
    __slots__ = ("text", "settings")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    text: str
    settings: SpeechSettings
    def __init__(self, text: _Optional[str] = ..., settings: _Optional[_Union[SpeechSettings, _Mapping]] = ...) -> None: ...

class ListVoicesRequest(_message.Message):
    __slots__ = ("language", "engine", "gender", "cloned", "text")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    CLONED_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    language: str
    engine: str
    gender: _synth_pb2.VoiceGender
    cloned: bool
    text: str
    def __init__(self, language: _Optional[str] = ..., engine: _Optional[str] = ..., gender: _Optional[_Union[_synth_pb2.VoiceGender, str]] = ..., cloned: bool = ..., text: _Optional[str] = ...) -> None: ...

class ListVoicesResponse(_message.Message):
    __slots__ = ("voices",)
    VOICES_FIELD_NUMBER: _ClassVar[int]
    voices: _containers.RepeatedCompositeFieldContainer[_synth_pb2.Voice]
    def __init__(self, voices: _Optional[_Iterable[_Union[_synth_pb2.Voice, _Mapping]]] = ...) -> None: ...

class ListEnginesRequest(_message.Message):
    __slots__ = ("settings",)
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    settings: SpeechSettings
    def __init__(self, settings: _Optional[_Union[SpeechSettings, _Mapping]] = ...) -> None: ...

class EngineReplica(_message.Message):
    __slots__ = ("address", "serving", "detail", "description", "predicted_first_chunk")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SERVING_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    address: str
    serving: bool
    detail: str
    description: _synth_pb2.DescribeEngineResponse
    predicted_first_chunk: _duration_pb2.Duration
    def __init__(self, address: _Optional[str] = ..., serving: bool = ..., detail: _Optional[str] = ..., description: _Optional[_Union[_synth_pb2.DescribeEngineResponse, _Mapping]] = ..., predicted_first_chunk: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Engine(_message.Message):
    __slots__ = ("name", "replicas", "primary", "place", "asked")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    name: str
    replicas: _containers.RepeatedCompositeFieldContainer[EngineReplica]
    primary: bool
    place: str
    asked: bool
    def __init__(self, name: _Optional[str] = ..., replicas: _Optional[_Iterable[_Union[EngineReplica, _Mapping]]] = ..., primary: bool = ..., place: _Optional[str] = ..., asked: bool = ...) -> None: ...

class ListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[Engine]
    def __init__(self, engines: _Optional[_Iterable[_Union[Engine, _Mapping]]] = ...) -> None: ...

class EstimateCostRequest(_message.Message):
    __slots__ = ("text", "settings")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    text: str
    settings: SpeechSettings
    def __init__(self, text: _Optional[str] = ..., settings: _Optional[_Union[SpeechSettings, _Mapping]] = ...) -> None: ...

class EstimateCostResponse(_message.Message):
    __slots__ = ("engine", "voice", "characters", "cost", "audio", "model")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    characters: int
    cost: _money_pb2.Money
    audio: _duration_pb2.Duration
    model: str
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ..., characters: _Optional[int] = ..., cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., audio: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., model: _Optional[str] = ...) -> None: ...

class PhonemizeRequest(_message.Message):
    __slots__ = ("text", "settings")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    text: str
    settings: SpeechSettings
    def __init__(self, text: _Optional[str] = ..., settings: _Optional[_Union[SpeechSettings, _Mapping]] = ...) -> None: ...

class PhonemizedWord(_message.Message):
    __slots__ = ("source", "phonemes")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PHONEMES_FIELD_NUMBER: _ClassVar[int]
    source: _audio_pb2.SourceSpan
    phonemes: str
    def __init__(self, source: _Optional[_Union[_audio_pb2.SourceSpan, _Mapping]] = ..., phonemes: _Optional[str] = ...) -> None: ...

class PhonemizeResponse(_message.Message):
    __slots__ = ("engine", "voice", "phonemes", "words")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    PHONEMES_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    phonemes: str
    words: _containers.RepeatedCompositeFieldContainer[PhonemizedWord]
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ..., phonemes: _Optional[str] = ..., words: _Optional[_Iterable[_Union[PhonemizedWord, _Mapping]]] = ...) -> None: ...

class PreviewVoiceRequest(_message.Message):
    __slots__ = ("engine", "voice")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ...) -> None: ...

class PreviewVoiceResponse(_message.Message):
    __slots__ = ("wav", "text", "language", "engine", "voice")
    WAV_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    wav: bytes
    text: str
    language: str
    engine: str
    voice: str
    def __init__(self, wav: _Optional[bytes] = ..., text: _Optional[str] = ..., language: _Optional[str] = ..., engine: _Optional[str] = ..., voice: _Optional[str] = ...) -> None: ...
