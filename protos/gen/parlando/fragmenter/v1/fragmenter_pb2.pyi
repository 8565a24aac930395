import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from parlando.audio.v1 import audio_pb2 as _audio_pb2
from parlando.synth.v1 import synth_pb2 as _synth_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Markup(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKUP_UNSPECIFIED: _ClassVar[Markup]
    MARKUP_PLAIN: _ClassVar[Markup]
    MARKUP_MARKDOWN: _ClassVar[Markup]
    MARKUP_SSML: _ClassVar[Markup]
MARKUP_UNSPECIFIED: Markup
MARKUP_PLAIN: Markup
MARKUP_MARKDOWN: Markup
MARKUP_SSML: Markup

class Schedule(_message.Message):
    __slots__ = ("first_code_points", "growth", "max_code_points")
    FIRST_CODE_POINTS_FIELD_NUMBER: _ClassVar[int]
    GROWTH_FIELD_NUMBER: _ClassVar[int]
    MAX_CODE_POINTS_FIELD_NUMBER: _ClassVar[int]
    first_code_points: int
    growth: float
    max_code_points: int
    def __init__(self, first_code_points: _Optional[int] = ..., growth: _Optional[float] = ..., max_code_points: _Optional[int] = ...) -> None: ...

class FragmentConfig(_message.Message):
    __slots__ = ("source_offset", "language", "markup", "schedule", "flush_after", "disabled_rules", "whole")
    SOURCE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    MARKUP_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    FLUSH_AFTER_FIELD_NUMBER: _ClassVar[int]
    DISABLED_RULES_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    source_offset: int
    language: str
    markup: Markup
    schedule: Schedule
    flush_after: _duration_pb2.Duration
    disabled_rules: _containers.RepeatedScalarFieldContainer[str]
    whole: bool
    def __init__(self, source_offset: _Optional[int] = ..., language: _Optional[str] = ..., markup: _Optional[_Union[Markup, str]] = ..., schedule: _Optional[_Union[Schedule, _Mapping]] = ..., flush_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., disabled_rules: _Optional[_Iterable[str]] = ..., whole: bool = ...) -> None: ...

class TextDelta(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class Hint(_message.Message):
    __slots__ = ("audio_queued", "real_time_factor")
    AUDIO_QUEUED_FIELD_NUMBER: _ClassVar[int]
    REAL_TIME_FACTOR_FIELD_NUMBER: _ClassVar[int]
    audio_queued: _duration_pb2.Duration
    real_time_factor: float
    def __init__(self, audio_queued: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., real_time_factor: _Optional[float] = ...) -> None: ...

class Flush(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FragmentRequest(_message.Message):
    __slots__ = ("config", "text", "hint", "flush", "end")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    FLUSH_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    config: FragmentConfig
    text: TextDelta
    hint: Hint
    flush: Flush
    end: End
    def __init__(self, config: _Optional[_Union[FragmentConfig, _Mapping]] = ..., text: _Optional[_Union[TextDelta, _Mapping]] = ..., hint: _Optional[_Union[Hint, _Mapping]] = ..., flush: _Optional[_Union[Flush, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ...) -> None: ...

class MapPiece(_message.Message):
    __slots__ = ("source", "spoken", "verbatim")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SPOKEN_FIELD_NUMBER: _ClassVar[int]
    VERBATIM_FIELD_NUMBER: _ClassVar[int]
    source: _audio_pb2.SourceSpan
    spoken: _audio_pb2.SpokenSpan
    verbatim: bool
    def __init__(self, source: _Optional[_Union[_audio_pb2.SourceSpan, _Mapping]] = ..., spoken: _Optional[_Union[_audio_pb2.SpokenSpan, _Mapping]] = ..., verbatim: bool = ...) -> None: ...

class LanguageGuess(_message.Message):
    __slots__ = ("tag", "confidence")
    TAG_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    tag: str
    confidence: float
    def __init__(self, tag: _Optional[str] = ..., confidence: _Optional[float] = ...) -> None: ...

class Fragment(_message.Message):
    __slots__ = ("index", "source", "spoken_text", "text_kind", "map", "pause_after", "ends_sentence", "ends_paragraph", "language", "emotion")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SPOKEN_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_KIND_FIELD_NUMBER: _ClassVar[int]
    MAP_FIELD_NUMBER: _ClassVar[int]
    PAUSE_AFTER_FIELD_NUMBER: _ClassVar[int]
    ENDS_SENTENCE_FIELD_NUMBER: _ClassVar[int]
    ENDS_PARAGRAPH_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    index: int
    source: _audio_pb2.SourceSpan
    spoken_text: str
    text_kind: _synth_pb2.TextKind
    map: _containers.RepeatedCompositeFieldContainer[MapPiece]
    pause_after: _duration_pb2.Duration
    ends_sentence: bool
    ends_paragraph: bool
    language: LanguageGuess
    emotion: _synth_pb2.Emotion
    def __init__(self, index: _Optional[int] = ..., source: _Optional[_Union[_audio_pb2.SourceSpan, _Mapping]] = ..., spoken_text: _Optional[str] = ..., text_kind: _Optional[_Union[_synth_pb2.TextKind, str]] = ..., map: _Optional[_Iterable[_Union[MapPiece, _Mapping]]] = ..., pause_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., ends_sentence: bool = ..., ends_paragraph: bool = ..., language: _Optional[_Union[LanguageGuess, _Mapping]] = ..., emotion: _Optional[_Union[_synth_pb2.Emotion, _Mapping]] = ...) -> None: ...

class Flushed(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class FragmentResponse(_message.Message):
    __slots__ = ("fragment", "flushed")
    FRAGMENT_FIELD_NUMBER: _ClassVar[int]
    FLUSHED_FIELD_NUMBER: _ClassVar[int]
    fragment: Fragment
    flushed: Flushed
    def __init__(self, fragment: _Optional[_Union[Fragment, _Mapping]] = ..., flushed: _Optional[_Union[Flushed, _Mapping]] = ...) -> None: ...

class FragmentTextRequest(_message.Message):
    __slots__ = ("config", "text", "hint")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    config: FragmentConfig
    text: str
    hint: Hint
    def __init__(self, config: _Optional[_Union[FragmentConfig, _Mapping]] = ..., text: _Optional[str] = ..., hint: _Optional[_Union[Hint, _Mapping]] = ...) -> None: ...

class FragmentTextResponse(_message.Message):
    __slots__ = ("fragments",)
    FRAGMENTS_FIELD_NUMBER: _ClassVar[int]
    fragments: _containers.RepeatedCompositeFieldContainer[Fragment]
    def __init__(self, fragments: _Optional[_Iterable[_Union[Fragment, _Mapping]]] = ...) -> None: ...
