from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AudioCodec(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIO_CODEC_UNSPECIFIED: _ClassVar[AudioCodec]
    AUDIO_CODEC_PCM_S16LE: _ClassVar[AudioCodec]
    AUDIO_CODEC_MULAW: _ClassVar[AudioCodec]
    AUDIO_CODEC_ALAW: _ClassVar[AudioCodec]
    AUDIO_CODEC_MP3: _ClassVar[AudioCodec]
    AUDIO_CODEC_OPUS: _ClassVar[AudioCodec]
    AUDIO_CODEC_AAC: _ClassVar[AudioCodec]
    AUDIO_CODEC_FLAC: _ClassVar[AudioCodec]

class AudioContainer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIO_CONTAINER_UNSPECIFIED: _ClassVar[AudioContainer]
    AUDIO_CONTAINER_RAW: _ClassVar[AudioContainer]
    AUDIO_CONTAINER_WAV: _ClassVar[AudioContainer]
    AUDIO_CONTAINER_OGG: _ClassVar[AudioContainer]
    AUDIO_CONTAINER_ADTS: _ClassVar[AudioContainer]
    AUDIO_CONTAINER_NATIVE: _ClassVar[AudioContainer]

class TimingQuality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIMING_QUALITY_UNSPECIFIED: _ClassVar[TimingQuality]
    TIMING_QUALITY_EXACT: _ClassVar[TimingQuality]
    TIMING_QUALITY_ALIGNED: _ClassVar[TimingQuality]
    TIMING_QUALITY_ESTIMATED: _ClassVar[TimingQuality]
AUDIO_CODEC_UNSPECIFIED: AudioCodec
AUDIO_CODEC_PCM_S16LE: AudioCodec
AUDIO_CODEC_MULAW: AudioCodec
AUDIO_CODEC_ALAW: AudioCodec
AUDIO_CODEC_MP3: AudioCodec
AUDIO_CODEC_OPUS: AudioCodec
AUDIO_CODEC_AAC: AudioCodec
AUDIO_CODEC_FLAC: AudioCodec
AUDIO_CONTAINER_UNSPECIFIED: AudioContainer
AUDIO_CONTAINER_RAW: AudioContainer
AUDIO_CONTAINER_WAV: AudioContainer
AUDIO_CONTAINER_OGG: AudioContainer
AUDIO_CONTAINER_ADTS: AudioContainer
AUDIO_CONTAINER_NATIVE: AudioContainer
TIMING_QUALITY_UNSPECIFIED: TimingQuality
TIMING_QUALITY_EXACT: TimingQuality
TIMING_QUALITY_ALIGNED: TimingQuality
TIMING_QUALITY_ESTIMATED: TimingQuality

class AudioFormat(_message.Message):
    __slots__ = ("codec", "container", "sample_rate_hz", "bit_rate_bps", "encoder_delay_samples")
    CODEC_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    BIT_RATE_BPS_FIELD_NUMBER: _ClassVar[int]
    ENCODER_DELAY_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    codec: AudioCodec
    container: AudioContainer
    sample_rate_hz: int
    bit_rate_bps: int
    encoder_delay_samples: int
    def __init__(self, codec: _Optional[_Union[AudioCodec, str]] = ..., container: _Optional[_Union[AudioContainer, str]] = ..., sample_rate_hz: _Optional[int] = ..., bit_rate_bps: _Optional[int] = ..., encoder_delay_samples: _Optional[int] = ...) -> None: ...

class SourceSpan(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class SpokenSpan(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class WordTiming(_message.Message):
    __slots__ = ("spoken", "source", "first_sample", "sample_count", "quality")
    SPOKEN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FIRST_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    spoken: SpokenSpan
    source: SourceSpan
    first_sample: int
    sample_count: int
    quality: TimingQuality
    def __init__(self, spoken: _Optional[_Union[SpokenSpan, _Mapping]] = ..., source: _Optional[_Union[SourceSpan, _Mapping]] = ..., first_sample: _Optional[int] = ..., sample_count: _Optional[int] = ..., quality: _Optional[_Union[TimingQuality, str]] = ...) -> None: ...
