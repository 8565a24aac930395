"""Who calls whom: the one place where the calls between services are declared. Traces are held to it.

A hop is a service and what it does there: a gRPC method, an HTTP route, or a piece of work of its own.
Envoy's own spans are left out: it stands before the edge and the router, and calls what it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Hop = tuple[str, str]
Call = tuple[Hop, Hop]

# A budget is leased where an engine has a price and the caller a session; it is settled on no call's account.
_SPEAKING = frozenset(
    {
        ("fragmenter", "Fragment"),  # of text that grows
        ("fragmenter", "FragmentText"),  # of text that is all there
        ("synth", "Synthesize"),
        ("session", "LeaseBudget"),
    }
)

CALL_GRAPH: dict[Hop, frozenset[Hop]] = {
    ("edge", "POST /v1/audio/speech"): frozenset({("router", "Say"), ("router", "ListVoices")}),
    ("edge", "POST /v1/audio/speech/estimate"): frozenset(
        {("router", "EstimateCost"), ("router", "ListVoices")}
    ),
    ("edge", "POST /v1/audio/speech/timestamps"): frozenset({("router", "Say"), ("router", "ListVoices")}),
    ("edge", "GET /v1/realtime"): frozenset(
        {
            ("edge", "response"),
            ("session", "CreateSession"),
            ("session", "GetSession"),
            ("session", "UpdateSession"),
            ("session", "BatchPutTurns"),  # with turns of others: below the first of them that is traced
            ("session", "DeleteTurn"),
        }
    ),
    ("edge", "response"): frozenset({("router", "Speak"), ("router", "ListVoices")}),
    ("router", "Say"): _SPEAKING,
    ("router", "StreamAudio"): _SPEAKING,
    ("router", "Speak"): _SPEAKING | {("synth", "StopSynthesis")},
    ("router", "Phonemize"): frozenset({("fragmenter", "FragmentText"), ("synth", "Phonemize")}),
    ("synth", "Synthesize"): frozenset({("synth", "engine")}),
}


def hop(span: dict[str, Any]) -> Hop:
    """Return the hop of a span, as `parlando_kit.traces` shows it."""
    name: str = span["name"]
    method = name.rpartition("/")[2] if "rpc.method" in span["attributes"] else name
    return span["service"].removeprefix("parlando-"), method


def calls(spans: Sequence[dict[str, Any]]) -> set[Call]:
    """Return the calls of a trace, Envoy's left out."""
    by_id = {span["span_id"]: span for span in spans}
    pairs = ((by_id.get(span["parent_id"]), span) for span in spans)
    made = {(hop(caller), hop(called)) for caller, called in pairs if caller is not None}
    return {(caller, called) for caller, called in made if "envoy" not in (caller[0], called[0])}


def undeclared(spans: Sequence[dict[str, Any]]) -> set[Call]:
    """Return the calls of a trace that nobody declared."""
    return {(caller, called) for caller, called in calls(spans) if called not in CALL_GRAPH.get(caller, ())}
