"""A conversation as JSON: the messages of the contract in protobuf's JSON mapping.

The schema is docs/protocols/conversation-export.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from parlando.session.v1.session_pb2 import Session, Turn
from parlando_session.ports import MAX_TURNS
from parlando_session.ranges import out_of_range
from parlando_session.sessions import Sessions
from parlando_session.times import Now, stamp
from parlando_session.turns import Turns

SCHEMA = "parlando.conversation.v1"

MAX_WORDS = 60_000
"""Timed words of a conversation that is exported, about six hours of speech: their JSON fits a message of
16 MiB."""


async def export(sessions: Sessions, turns: Turns, session_id: str, now: Now) -> bytes:
    """Return a whole conversation as JSON.

    Raises:
        ParlandoError: SESSION_NOT_FOUND; OUT_OF_RANGE where it has too many words for one message.
    """
    session = await sessions.get(session_id)
    said, _ = await turns.page(session_id, MAX_TURNS, "")
    words = sum(len(turn.words) for turn in said)
    if words > MAX_WORDS:
        raise out_of_range(
            "session_id",
            f"names a conversation of {words:,} words: list its turns, {MAX_WORDS:,} can be exported",
        )
    return await asyncio.to_thread(conversation, session, said, now())  # it may take seconds


def conversation(session: Session, turns: Sequence[Turn], exported_at: float) -> bytes:
    """Return a session and its turns as JSON, UTF-8."""
    document = {
        "schema": SCHEMA,
        "exportTime": stamp(exported_at).ToJsonString(),
        "session": _mapped(session),
        "turns": [_mapped(turn) for turn in turns],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _mapped(message: Message) -> dict[str, Any]:
    return MessageToDict(message, always_print_fields_with_no_presence=True)
