"""What a client says it has heard of an item, and how the item is shown from then on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from parlando_edge.realtime.conversation import Item, document_of
from parlando_edge.session_ports import Turn, TurnRole, TurnStatus
from parlando_kit.errors import ParlandoError, Reason

_ROLES = {TurnRole.USER: "user", TurnRole.ASSISTANT: "assistant", TurnRole.SYSTEM: "system"}


def truncate(turn: Turn, audio_end_ms: int) -> Turn:
    """Return a turn of which no more was heard than its first `audio_end_ms`.

    Raises:
        ParlandoError: POSITION_BEYOND_END where that is more than was sent, or than was heard by an earlier
            word of the client.
    """
    count = turn.sample_count if turn.played is None else turn.played
    lasts = -(-count * 1000 // turn.rate)  # a client may round up
    if audio_end_ms > lasts:
        raise ParlandoError(
            Reason.POSITION_BEYOND_END,
            f"audio_end_ms is too late: audio content of {lasts}ms is already shorter than {audio_end_ms}ms",
            field="audio_end_ms",
        )
    return replace(turn, played=min(audio_end_ms * turn.rate // 1000, count))


def show(item: dict[str, Any], turn: Turn) -> dict[str, Any]:
    """Return an item as it is shown once something of it was missed: its transcript is what was heard."""
    heard = turn.heard
    if heard is None or turn.played is None:
        return item
    cut = heard.source_offset
    return {
        **item,
        "content": [{"type": "output_audio", "transcript": turn.text[:cut]}],
        "parlando": {
            "heard_text": turn.text[:cut],
            "unheard_text": turn.text[cut:],
            "audio_end_ms": turn.played * 1000 // turn.rate,
            "quality": heard.quality.name.lower(),
        },
    }


def items_of(turns: Iterable[Turn]) -> list[Item]:
    """Return the items that the turns of earlier connections were.

    What a user wrote after the last that was spoken waits to be spoken, as it did there.
    """
    items = [item_of(turn) for turn in turns]
    for item in reversed(items):
        if item.turn is not None:
            break
        item.waits = item.role == TurnRole.USER.value
    return items


def item_of(turn: Turn) -> Item:
    """Return the item that a turn of an earlier connection was."""
    spoken = turn.rate > 0
    if spoken:
        said = turn.words[-1].source.end if turn.words else 0
        whole = turn.status is TurnStatus.COMPLETED
        part = {"type": "output_audio", "transcript": turn.text if whole else turn.text[:said]}
    else:
        kind = "output_text" if turn.role is TurnRole.ASSISTANT else "input_text"
        part = {"type": kind, "text": turn.text}
    body = {
        "id": turn.id,
        "object": "realtime.item",
        "type": "message",
        "role": _ROLES[turn.role],
        "status": "completed" if turn.status is TurnStatus.COMPLETED else "incomplete",
        "content": [part],
    }
    return heard_item(
        Item(turn.id, document_of(body), _ROLES[turn.role], turn.text, turn=turn if spoken else None)
    )


def heard_item(item: Item) -> Item:
    """Return an item with what is known to have been heard of it."""
    turn = item.turn
    heard = turn.heard if turn is not None else None
    if turn is None or heard is None:
        return item
    document = document_of(show(item.body, turn))
    return replace(item, document=document, text=turn.text[: heard.source_offset])
