import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from parlando.synth.v1 import synth_pb2 as _synth_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DrainRequest(_message.Message):
    __slots__ = ("timeout",)
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    timeout: _duration_pb2.Duration
    def __init__(self, timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DrainResponse(_message.Message):
    __slots__ = ("live",)
    LIVE_FIELD_NUMBER: _ClassVar[int]
    live: int
    def __init__(self, live: _Optional[int] = ...) -> None: ...

class UndrainRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UndrainResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LoadModelRequest(_message.Message):
    __slots__ = ("model", "instances")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    model: str
    instances: int
    def __init__(self, model: _Optional[str] = ..., instances: _Optional[int] = ...) -> None: ...

class LoadModelResponse(_message.Message):
    __slots__ = ("took",)
    TOOK_FIELD_NUMBER: _ClassVar[int]
    took: _duration_pb2.Duration
    def __init__(self, took: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class UnloadModelRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class UnloadModelResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResetBreakerRequest(_message.Message):
    __slots__ = ("engine", "address")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    engine: str
    address: str
    def __init__(self, engine: _Optional[str] = ..., address: _Optional[str] = ...) -> None: ...

class ResetBreakerResponse(_message.Message):
    __slots__ = ("reset",)
    RESET_FIELD_NUMBER: _ClassVar[int]
    reset: int
    def __init__(self, reset: _Optional[int] = ...) -> None: ...

class ResetPrimaryRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResetPrimaryResponse(_message.Message):
    __slots__ = ("engine",)
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    def __init__(self, engine: _Optional[str] = ...) -> None: ...

class FlushCacheRequest(_message.Message):
    __slots__ = ("engine",)
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    def __init__(self, engine: _Optional[str] = ...) -> None: ...

class FlushCacheResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: int
    def __init__(self, entries: _Optional[int] = ...) -> None: ...

class RunTestStreamRequest(_message.Message):
    __slots__ = ("engine", "voice")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ...) -> None: ...

class RunTestStreamResponse(_message.Message):
    __slots__ = ("first_chunk", "audio", "engine")
    FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    first_chunk: _duration_pb2.Duration
    audio: _duration_pb2.Duration
    engine: str
    def __init__(self, first_chunk: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., audio: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., engine: _Optional[str] = ...) -> None: ...

class TriggerFallbackRequest(_message.Message):
    __slots__ = ("engine", "duration")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    engine: str
    duration: _duration_pb2.Duration
    def __init__(self, engine: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TriggerFallbackResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class EngineStatistics(_message.Message):
    __slots__ = ("engine", "requests", "failures", "failovers", "seams", "audio")
    class FailuresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class SeamsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    FAILOVERS_FIELD_NUMBER: _ClassVar[int]
    SEAMS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    engine: str
    requests: int
    failures: _containers.ScalarMap[str, int]
    failovers: int
    seams: _containers.ScalarMap[str, int]
    audio: _duration_pb2.Duration
    def __init__(self, engine: _Optional[str] = ..., requests: _Optional[int] = ..., failures: _Optional[_Mapping[str, int]] = ..., failovers: _Optional[int] = ..., seams: _Optional[_Mapping[str, int]] = ..., audio: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("engines", "live", "uptime")
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[EngineStatistics]
    live: int
    uptime: _duration_pb2.Duration
    def __init__(self, engines: _Optional[_Iterable[_Union[EngineStatistics, _Mapping]]] = ..., live: _Optional[int] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class UploadVoiceRequest(_message.Message):
    __slots__ = ("voice", "chunk")
    VOICE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    voice: _synth_pb2.Voice
    chunk: bytes
    def __init__(self, voice: _Optional[_Union[_synth_pb2.Voice, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class UploadVoiceResponse(_message.Message):
    __slots__ = ("voice",)
    VOICE_FIELD_NUMBER: _ClassVar[int]
    voice: _synth_pb2.Voice
    def __init__(self, voice: _Optional[_Union[_synth_pb2.Voice, _Mapping]] = ...) -> None: ...

class UpdateVoiceRequest(_message.Message):
    __slots__ = ("voice",)
    VOICE_FIELD_NUMBER: _ClassVar[int]
    voice: _synth_pb2.Voice
    def __init__(self, voice: _Optional[_Union[_synth_pb2.Voice, _Mapping]] = ...) -> None: ...

class UpdateVoiceResponse(_message.Message):
    __slots__ = ("voice",)
    VOICE_FIELD_NUMBER: _ClassVar[int]
    voice: _synth_pb2.Voice
    def __init__(self, voice: _Optional[_Union[_synth_pb2.Voice, _Mapping]] = ...) -> None: ...

class DeleteVoiceRequest(_message.Message):
    __slots__ = ("engine", "voice")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    voice: str
    def __init__(self, engine: _Optional[str] = ..., voice: _Optional[str] = ...) -> None: ...

class DeleteVoiceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MixVoiceRequest(_message.Message):
    __slots__ = ("voice",)
    VOICE_FIELD_NUMBER: _ClassVar[int]
    voice: _synth_pb2.Voice
    def __init__(self, voice: _Optional[_Union[_synth_pb2.Voice, _Mapping]] = ...) -> None: ...

class MixVoiceResponse(_message.Message):
    __slots__ = ("voice",)
    VOICE_FIELD_NUMBER: _ClassVar[int]
    voice: _synth_pb2.Voice
    def __init__(self, voice: _Optional[_Union[_synth_pb2.Voice, _Mapping]] = ...) -> None: ...
