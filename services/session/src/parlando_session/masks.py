"""Field masks: which paths of a session can be written, under which other names, and how they are applied.

A path that is named and not set in the message is cleared; `FieldMask.MergeMessage` would leave it be
where the message that holds it is not set either.
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message

from parlando.session.v1.session_pb2 import Session
from parlando_kit.errors import ParlandoError, Reason

ALIASES = {
    "tts.voice": "settings.voice",
    "tts.speed": "settings.prosody.speed",
    "tts.engine": "settings.engine",
    "tts.language": "settings.language",
    "tts.format": "settings.format",
}
"""Other names of paths. The value is read from the field of the path itself: a mask "tts.voice" takes
`session.settings.voice`."""

_WRITTEN = {"settings", "budget", "policy", "ttl", "metadata", "protocol_settings"}
_NOT_WRITTEN = {"settings.session_id", "settings.format.encoder_delay_samples"}


def apply(session: Session, changed: Session, paths: Sequence[str]) -> None:
    """Take the fields that the paths name from `changed` into `session`.

    Raises:
        ParlandoError: FIELD_REQUIRED where there is no path; BAD_FIELD_MASK, with nothing applied,
            where one names no field, or one that the service sets.
    """
    if not paths:
        raise ParlandoError(
            Reason.FIELD_REQUIRED,
            'update_mask is empty: name what to change, such as "settings.voice"',
            field="update_mask",
        )
    resolved = [_resolved(path) for path in paths]
    for path in resolved:
        _take(session, changed, path)


def _resolved(path: str) -> list[str]:
    """Return the names of the fields a path leads through."""
    name = ALIASES.get(path, path)
    names = name.split(".")
    if names[0] not in _WRITTEN or name in _NOT_WRITTEN:
        raise _bad(path)
    fields = Session.DESCRIPTOR.fields_by_name
    for part in names:
        if part not in fields:
            raise _bad(path)
        inner = None if fields[part].is_repeated else fields[part].message_type
        fields = inner.fields_by_name if inner is not None else {}
    return names


def _bad(path: str) -> ParlandoError:
    return ParlandoError(
        Reason.BAD_FIELD_MASK,
        f'update_mask: "{path[:128]}" is no field of a session that can be changed: name settings, budget, '
        "policy, ttl, metadata, protocol_settings, or a field within settings or budget",
        field="update_mask",
    )


def _take(session: Message, changed: Message, path: Sequence[str]) -> None:
    *outer, name = path
    target, source = session, changed
    for each in outer:
        target, source = getattr(target, each), getattr(source, each)
    field = target.DESCRIPTOR.fields_by_name[name]
    target.ClearField(name)
    if field.is_repeated:  # a map, too
        getattr(target, name).MergeFrom(getattr(source, name))
    elif not field.has_presence:
        setattr(target, name, getattr(source, name))
    elif source.HasField(name):
        if field.message_type is None:
            setattr(target, name, getattr(source, name))
        else:
            getattr(target, name).CopyFrom(getattr(source, name))
