import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.type import money_pb2 as _money_pb2
from parlando.audio.v1 import audio_pb2 as _audio_pb2
from parlando.speech.v1 import speech_pb2 as _speech_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TurnRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TURN_ROLE_UNSPECIFIED: _ClassVar[TurnRole]
    TURN_ROLE_ASSISTANT: _ClassVar[TurnRole]
    TURN_ROLE_USER: _ClassVar[TurnRole]
    TURN_ROLE_SYSTEM: _ClassVar[TurnRole]

class TurnStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TURN_STATUS_UNSPECIFIED: _ClassVar[TurnStatus]
    TURN_STATUS_IN_PROGRESS: _ClassVar[TurnStatus]
    TURN_STATUS_COMPLETED: _ClassVar[TurnStatus]
    TURN_STATUS_INTERRUPTED: _ClassVar[TurnStatus]
    TURN_STATUS_FAILED: _ClassVar[TurnStatus]
TURN_ROLE_UNSPECIFIED: TurnRole
TURN_ROLE_ASSISTANT: TurnRole
TURN_ROLE_USER: TurnRole
TURN_ROLE_SYSTEM: TurnRole
TURN_STATUS_UNSPECIFIED: TurnStatus
TURN_STATUS_IN_PROGRESS: TurnStatus
TURN_STATUS_COMPLETED: TurnStatus
TURN_STATUS_INTERRUPTED: TurnStatus
TURN_STATUS_FAILED: TurnStatus

class Session(_message.Message):
    __slots__ = ("id", "settings", "budget", "spent", "policy", "ttl", "create_time", "update_time", "expire_time", "etag", "metadata", "protocol_settings")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    SPENT_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_SETTINGS_FIELD_NUMBER: _ClassVar[int]
    id: str
    settings: _speech_pb2.SpeechSettings
    budget: Budget
    spent: Spending
    policy: str
    ttl: _duration_pb2.Duration
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    etag: str
    metadata: _containers.ScalarMap[str, str]
    protocol_settings: str
    def __init__(self, id: _Optional[str] = ..., settings: _Optional[_Union[_speech_pb2.SpeechSettings, _Mapping]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., spent: _Optional[_Union[Spending, _Mapping]] = ..., policy: _Optional[str] = ..., ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., protocol_settings: _Optional[str] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("cost", "characters", "downgrade")
    COST_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    DOWNGRADE_FIELD_NUMBER: _ClassVar[int]
    cost: _money_pb2.Money
    characters: int
    downgrade: bool
    def __init__(self, cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., characters: _Optional[int] = ..., downgrade: bool = ...) -> None: ...

class Spending(_message.Message):
    __slots__ = ("cost", "characters", "engines")
    COST_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    cost: _money_pb2.Money
    characters: int
    engines: _containers.RepeatedCompositeFieldContainer[EngineSpending]
    def __init__(self, cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., characters: _Optional[int] = ..., engines: _Optional[_Iterable[_Union[EngineSpending, _Mapping]]] = ...) -> None: ...

class EngineSpending(_message.Message):
    __slots__ = ("engine", "model", "cost", "characters")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    engine: str
    model: str
    cost: _money_pb2.Money
    characters: int
    def __init__(self, engine: _Optional[str] = ..., model: _Optional[str] = ..., cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., characters: _Optional[int] = ...) -> None: ...

class Heard(_message.Message):
    __slots__ = ("source_offset", "heard_text", "unheard_text", "samples_played", "quality")
    SOURCE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    HEARD_TEXT_FIELD_NUMBER: _ClassVar[int]
    UNHEARD_TEXT_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_PLAYED_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    source_offset: int
    heard_text: str
    unheard_text: str
    samples_played: int
    quality: _audio_pb2.TimingQuality
    def __init__(self, source_offset: _Optional[int] = ..., heard_text: _Optional[str] = ..., unheard_text: _Optional[str] = ..., samples_played: _Optional[int] = ..., quality: _Optional[_Union[_audio_pb2.TimingQuality, str]] = ...) -> None: ...

class Turn(_message.Message):
    __slots__ = ("id", "role", "status", "text", "words", "sample_rate_hz", "sample_count", "heard", "engine", "voice", "create_time", "usage")
    ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    HEARD_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    id: str
    role: TurnRole
    status: TurnStatus
    text: str
    words: _containers.RepeatedCompositeFieldContainer[_audio_pb2.WordTiming]
    sample_rate_hz: int
    sample_count: int
    heard: Heard
    engine: str
    voice: str
    create_time: _timestamp_pb2.Timestamp
    usage: _containers.RepeatedCompositeFieldContainer[_speech_pb2.SpeechUsage]
    def __init__(self, id: _Optional[str] = ..., role: _Optional[_Union[TurnRole, str]] = ..., status: _Optional[_Union[TurnStatus, str]] = ..., text: _Optional[str] = ..., words: _Optional[_Iterable[_Union[_audio_pb2.WordTiming, _Mapping]]] = ..., sample_rate_hz: _Optional[int] = ..., sample_count: _Optional[int] = ..., heard: _Optional[_Union[Heard, _Mapping]] = ..., engine: _Optional[str] = ..., voice: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., usage: _Optional[_Iterable[_Union[_speech_pb2.SpeechUsage, _Mapping]]] = ...) -> None: ...

class CreateSessionRequest(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class CreateSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class GetSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class GetSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class UpdateSessionRequest(_message.Message):
    __slots__ = ("session", "update_mask")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    session: Session
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class DeleteSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class DeleteSessionResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PutTurnRequest(_message.Message):
    __slots__ = ("session_id", "turn", "previous_turn_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_TURN_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    turn: Turn
    previous_turn_id: str
    def __init__(self, session_id: _Optional[str] = ..., turn: _Optional[_Union[Turn, _Mapping]] = ..., previous_turn_id: _Optional[str] = ...) -> None: ...

class PutTurnResponse(_message.Message):
    __slots__ = ("turn",)
    TURN_FIELD_NUMBER: _ClassVar[int]
    turn: Turn
    def __init__(self, turn: _Optional[_Union[Turn, _Mapping]] = ...) -> None: ...

class BatchPutTurnsRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[PutTurnRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[PutTurnRequest, _Mapping]]] = ...) -> None: ...

class BatchPutTurnsResponse(_message.Message):
    __slots__ = ("statuses",)
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    statuses: _containers.RepeatedCompositeFieldContainer[_status_pb2.Status]
    def __init__(self, statuses: _Optional[_Iterable[_Union[_status_pb2.Status, _Mapping]]] = ...) -> None: ...

class ListTurnsRequest(_message.Message):
    __slots__ = ("session_id", "page_size", "page_token")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    page_size: int
    page_token: str
    def __init__(self, session_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTurnsResponse(_message.Message):
    __slots__ = ("turns", "next_page_token")
    TURNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    turns: _containers.RepeatedCompositeFieldContainer[Turn]
    next_page_token: str
    def __init__(self, turns: _Optional[_Iterable[_Union[Turn, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteTurnRequest(_message.Message):
    __slots__ = ("session_id", "turn_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    turn_id: str
    def __init__(self, session_id: _Optional[str] = ..., turn_id: _Optional[str] = ...) -> None: ...

class DeleteTurnResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TruncateTurnRequest(_message.Message):
    __slots__ = ("session_id", "turn_id", "audio_end")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    AUDIO_END_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    turn_id: str
    audio_end: _duration_pb2.Duration
    def __init__(self, session_id: _Optional[str] = ..., turn_id: _Optional[str] = ..., audio_end: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TruncateTurnResponse(_message.Message):
    __slots__ = ("heard",)
    HEARD_FIELD_NUMBER: _ClassVar[int]
    heard: Heard
    def __init__(self, heard: _Optional[_Union[Heard, _Mapping]] = ...) -> None: ...

class ExportConversationRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class ExportConversationResponse(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    def __init__(self, json: _Optional[bytes] = ...) -> None: ...

class EngineChoice(_message.Message):
    __slots__ = ("engine", "weight", "voice", "rank")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    engine: str
    weight: int
    voice: str
    rank: int
    def __init__(self, engine: _Optional[str] = ..., weight: _Optional[int] = ..., voice: _Optional[str] = ..., rank: _Optional[int] = ...) -> None: ...

class Route(_message.Message):
    __slots__ = ("engines", "first_chunk_target")
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHUNK_TARGET_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[EngineChoice]
    first_chunk_target: _duration_pb2.Duration
    def __init__(self, engines: _Optional[_Iterable[_Union[EngineChoice, _Mapping]]] = ..., first_chunk_target: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("name", "languages", "voices", "tiers", "fallback", "prices", "equivalences", "revision")
    class LanguagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Route
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Route, _Mapping]] = ...) -> None: ...
    class VoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Route
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Route, _Mapping]] = ...) -> None: ...
    class TiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Route
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Route, _Mapping]] = ...) -> None: ...
    class PricesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _money_pb2.Money
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    EQUIVALENCES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    languages: _containers.MessageMap[str, Route]
    voices: _containers.MessageMap[str, Route]
    tiers: _containers.MessageMap[str, Route]
    fallback: Route
    prices: _containers.MessageMap[str, _money_pb2.Money]
    equivalences: _containers.RepeatedCompositeFieldContainer[VoiceEquivalence]
    revision: int
    def __init__(self, name: _Optional[str] = ..., languages: _Optional[_Mapping[str, Route]] = ..., voices: _Optional[_Mapping[str, Route]] = ..., tiers: _Optional[_Mapping[str, Route]] = ..., fallback: _Optional[_Union[Route, _Mapping]] = ..., prices: _Optional[_Mapping[str, _money_pb2.Money]] = ..., equivalences: _Optional[_Iterable[_Union[VoiceEquivalence, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class VoiceEquivalence(_message.Message):
    __slots__ = ("voices",)
    VOICES_FIELD_NUMBER: _ClassVar[int]
    voices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, voices: _Optional[_Iterable[str]] = ...) -> None: ...

class GetPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ...) -> None: ...

class SetPolicyRequest(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ...) -> None: ...

class SetPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ...) -> None: ...

class WatchPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class WatchPolicyResponse(_message.Message):
    __slots__ = ("policy", "deleted")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    deleted: bool
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ..., deleted: bool = ...) -> None: ...

class LeaseBudgetRequest(_message.Message):
    __slots__ = ("session_id", "cost", "characters")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    cost: _money_pb2.Money
    characters: int
    def __init__(self, session_id: _Optional[str] = ..., cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., characters: _Optional[int] = ...) -> None: ...

class LeaseBudgetResponse(_message.Message):
    __slots__ = ("lease_id", "cost", "characters", "expire_time", "downgrade")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    DOWNGRADE_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    cost: _money_pb2.Money
    characters: int
    expire_time: _timestamp_pb2.Timestamp
    downgrade: bool
    def __init__(self, lease_id: _Optional[str] = ..., cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., characters: _Optional[int] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., downgrade: bool = ...) -> None: ...

class SettleBudgetRequest(_message.Message):
    __slots__ = ("lease_id", "spent")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    SPENT_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    spent: Spending
    def __init__(self, lease_id: _Optional[str] = ..., spent: _Optional[_Union[Spending, _Mapping]] = ...) -> None: ...

class SettleBudgetResponse(_message.Message):
    __slots__ = ("spent",)
    SPENT_FIELD_NUMBER: _ClassVar[int]
    spent: Spending
    def __init__(self, spent: _Optional[_Union[Spending, _Mapping]] = ...) -> None: ...
