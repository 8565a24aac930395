"""What a session may hold: the ranges that the contract states.

Whether a voice, an engine or a format is offered is not known here; the router says so when it speaks.
"""

from __future__ import annotations

import re

from google.protobuf.message import Message

from parlando.session.v1.session_pb2 import Session
from parlando.speech.v1.speech_pb2 import SpeechSettings
from parlando_session.money import fault
from parlando_session.ranges import out_of_range, require_length, require_range
from parlando_session.times import seconds_of

HOUR = 3_600
_LONGEST_TTL = 30 * 24 * HOUR
_MOST_CHARACTERS = 10**15
_MOST_NOTES = 16
_LONGEST_NOTE = 512
_LARGEST_SETTINGS = 16 * 1024
_LARGEST_PROTOCOL_SETTINGS = 64 * 1024

POLICY_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

# Of numbers, and of durations in seconds, where they are set.
_RANGES: dict[str, tuple[float, float]] = {
    "format.bit_rate_bps": (6_000, 320_000),
    "prosody.speed": (0.25, 4),
    "prosody.pitch_semitones": (-12, 12),
    "prosody.volume_db": (-40, 12),
    "emotion.intensity": (0, 1),
    "playout_budget": (0.3, 60),
    "limits.first_chunk": (0.001, HOUR),
    "schedule.first_code_points": (1, 1_000),
    "schedule.growth": (1, 8),
    "schedule.max_code_points": (20, 4_000),
    "flush_after": (0.01, HOUR),
}
_ENUMS = ("format.codec", "format.container", "markup", "playout_mode")


def check_session(session: Session) -> None:
    """Refuse a session that the contract does not allow.

    Raises:
        ParlandoError: OUT_OF_RANGE, with the field's path.
    """
    _check_settings(session.settings, "session.settings")
    require_range(seconds_of(session.ttl), 1, _LONGEST_TTL, "session.ttl", " s")
    require_policy_name(session.policy, "session.policy")
    if wrong := fault(session.budget.cost):
        raise out_of_range("session.budget.cost", wrong)
    require_range(session.budget.characters, 0, _MOST_CHARACTERS, "session.budget.characters")
    size = len(session.protocol_settings.encode())
    if size > _LARGEST_PROTOCOL_SETTINGS:
        raise out_of_range(
            "session.protocol_settings", f"has {size:,} bytes: use at most {_LARGEST_PROTOCOL_SETTINGS:,}"
        )
    if len(session.metadata) > _MOST_NOTES:
        raise out_of_range(
            "session.metadata", f"has {len(session.metadata):,} pairs: use at most {_MOST_NOTES}"
        )
    for key, value in session.metadata.items():
        require_length(key, _LONGEST_NOTE, "session.metadata")
        require_length(value, _LONGEST_NOTE, f'session.metadata["{key}"]')


def require_policy_name(name: str, path: str) -> None:
    """Refuse what cannot be a policy's name; "" stands for the default one.

    Raises:
        ParlandoError: OUT_OF_RANGE.
    """
    if name and not POLICY_NAME.fullmatch(name):
        raise out_of_range(
            path, "is no policy's name: use 1 to 64 lower-case letters, digits, '.', '_' and '-'"
        )


def _check_settings(settings: SpeechSettings, path: str) -> None:
    if settings.ByteSize() > _LARGEST_SETTINGS:
        raise out_of_range(path, f"has {settings.ByteSize():,} bytes: use at most {_LARGEST_SETTINGS:,}")
    if settings.session_id:
        raise out_of_range(
            f"{path}.session_id", "is set: leave it empty, a session borrows from no other session"
        )
    if settings.format.sample_rate_hz:
        require_range(settings.format.sample_rate_hz, 8_000, 48_000, f"{path}.format.sample_rate_hz", " Hz")
    for name, (low, high) in _RANGES.items():
        holder, leaf = _walk(settings, name)
        if holder.HasField(leaf):
            value = getattr(holder, leaf)
            timed = isinstance(value, Message)
            number = seconds_of(getattr(holder, leaf)) if timed else value
            require_range(number, low, high, f"{path}.{name}", " s" if timed else "")
    for name in _ENUMS:
        holder, leaf = _walk(settings, name)
        require_known(holder, leaf, f"{path}.{name}")


def _walk(message: Message, path: str) -> tuple[Message, str]:
    """Return the message that holds a field, and the field's own name."""
    *outer, leaf = path.split(".")
    for name in outer:
        message = getattr(message, name)
    return message, leaf


def require_known(holder: Message, leaf: str, path: str) -> None:
    """Refuse a number that its enum does not define.

    Raises:
        ParlandoError: OUT_OF_RANGE.
    """
    number, enum = getattr(holder, leaf), holder.DESCRIPTOR.fields_by_name[leaf].enum_type
    if enum is not None and number not in enum.values_by_number:
        raise out_of_range(path, f"is {number}: use a value that {enum.name} defines")
