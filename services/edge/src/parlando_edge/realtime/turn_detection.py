"""`turn_detection` of a session: OpenAI's settings of when a user counts as speaking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parlando_edge.barge_in.turns import Detection
from parlando_edge.json_fields import Fields

_DEFAULTS: dict[str, dict[str, Any]] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_LONGEST_MS = 60_000
_IDLE = "idle_timeout_ms"
_LEAST_IDLE_MS, _MOST_IDLE_MS = 5_000, 30_000
"""What OpenAI takes."""

# Nothing here understands what is said: an eager semantic detector is one that does not wait long in silence.
_SILENCE_MS = {"low": 1_000, "medium": 500, "high": 300, "auto": 500}


def at_first() -> Mapping[str, Any]:
    """Return the settings of a session that has none of its own."""
    return _DEFAULTS["server_vad"]


def updated(heard: Fields, current: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the settings after an update of `audio.input`, defaults filled in; None is off.

    What the update leaves out stays as it is, unless it names another type.

    Raises:
        ParlandoError: with the field that is wrong.
    """
    if "turn_detection" not in heard.values:
        return current
    if not heard.given("turn_detection"):
        return None
    wanted = heard.child("turn_detection")
    kind = wanted.one_of("type", tuple(_DEFAULTS), current["type"] if current else "server_vad")
    before = current if current and current["type"] == kind else _DEFAULTS[kind]
    checked: dict[str, Any] = {
        name: wanted.flag(name, default=before[name]) for name in ("create_response", "interrupt_response")
    }
    if kind == "semantic_vad":
        checked["eagerness"] = wanted.one_of("eagerness", tuple(_SILENCE_MS), before["eagerness"])
        return {**before, **checked}
    checked["threshold"] = wanted.number("threshold", before["threshold"], low=0, high=1)
    for name in ("prefix_padding_ms", "silence_duration_ms"):
        checked[name] = wanted.whole(name, before[name], low=0, high=_LONGEST_MS)
    if wanted.given(_IDLE):
        checked[_IDLE] = wanted.whole(_IDLE, 0, low=_LEAST_IDLE_MS, high=_MOST_IDLE_MS)
    elif _IDLE in wanted.values:  # null takes it back
        before = {name: value for name, value in before.items() if name != _IDLE}
    return {**before, **checked}


def detection_of(wanted: Mapping[str, Any] | None) -> Detection | None:
    """Return when a user counts as speaking by those settings; None while nobody listens."""
    if wanted is None:
        return None
    if wanted["type"] == "semantic_vad":
        return Detection(silence_ms=_SILENCE_MS[wanted["eagerness"]])
    return Detection(wanted["threshold"], wanted["prefix_padding_ms"], wanted["silence_duration_ms"])
