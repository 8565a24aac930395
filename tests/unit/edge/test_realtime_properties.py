"""Whatever a client and the engines do, in whatever order: the events keep their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from parlando_edge.barge_in.turns import SpeechBegan, SpeechEnded
from parlando_edge.ports import SpeechEvent
from parlando_edge.realtime.outputs import (
    DropAudio,
    EndText,
    Event,
    KeepTurn,
    Listen,
    Speak,
    StopSpeaking,
    Write,
)
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.edge.order import Watch
from tests.unit.edge.realtime import SPEECH, Client, user_item

_MOVES = st.sampled_from(
    ["write", "ask", "ask none", "cancel", "update", "nonsense", "hear", "hear", "fail", "begin", "end"]
)


@given(st.lists(_MOVES, max_size=40))
def test_events_keep_their_order(moves: list[str]) -> None:
    client = Client()
    client.send("session.update", session={"parlando": {"word_timestamps": True}})
    watch = Watch()
    watch.see_all(client.begin())
    untold: list[tuple[str, SpeechEvent]] = []  # what the router is about to tell, cancelled or not
    for move in moves:
        known = len(client.commands)
        if move != "begin" or not watch.speech:  # no detector hears a user begin twice
            watch.see_all(_move(client, move, untold))
        orders = [command for command in client.commands[known:] if isinstance(command, Speak)]
        untold += [(order.response_id, told) for order in orders for told in SPEECH]
    for response_id, told in untold:
        watch.see_all(client.take(client.protocol.speech(response_id, told)))
    assert not client.protocol.speaking
    spoken = [command.response_id for command in client.commands if isinstance(command, Speak)]
    assert sorted(watch.done) == sorted(spoken)
    kinds = [type(command) for command in client.commands]
    assert kinds.count(DropAudio) == kinds.count(StopSpeaking)
    assert client.protocol.end() == []


def _move(client: Client, move: str, untold: list[tuple[str, SpeechEvent]]) -> list[Event]:
    aside = {"conversation": "none", "input": [user_item("Aside.")]}
    of_the_client: dict[str, Callable[[], list[Event]]] = {
        "write": lambda: client.send("conversation.item.create", item=user_item()),
        "ask": lambda: client.send("response.create"),
        "ask none": lambda: client.send("response.create", response=aside),
        "cancel": lambda: client.send("response.cancel"),
        "update": lambda: client.send("session.update", session={"audio": {"output": {"speed": 1.5}}}),
        "nonsense": lambda: client.raw("{"),
        "begin": lambda: client.take(client.protocol.user(SpeechBegan(100))),
        "end": lambda: client.take(client.protocol.user(SpeechEnded(900))),
    }
    if move in of_the_client:
        return of_the_client[move]()
    if not untold:
        return []
    response_id, told = untold[0]
    if move == "hear":
        del untold[0]
        return client.take(client.protocol.speech(response_id, told))
    untold[:] = [(other, more) for other, more in untold if other != response_id]
    error = ParlandoError(Reason.ENGINE_FAILED, "gone")
    return client.take(client.protocol.speech_failed(response_id, error))


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [
        "session.update",
        "conversation.item.create",
        "conversation.item.delete",
        "response.create",
        "response.cancel",
        "input_audio_buffer.append",
        "input_audio_buffer.clear",
        "input_audio_buffer.commit",
    ]
)
_FIELDS = st.sampled_from(
    ["session", "item", "item_id", "response", "response_id", "previous_item_id", "event_id", "audio"]
)
_INNER = st.sampled_from(
    [
        "type",
        "id",
        "role",
        "content",
        "audio",
        "input",
        "output",
        "output_modalities",
        "conversation",
        "metadata",
        "parlando",
        "model",
        "voice",
        "speed",
        "format",
        "turn_detection",
    ]
)
_SHAPED = st.recursive(
    _JSON,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_INNER, inner, max_size=4),
    max_leaves=8,
)


@given(_NAMES, st.dictionaries(_FIELDS, _SHAPED, max_size=3))
def test_no_json_can_do_harm(name: str, fields: dict[str, Any]) -> None:
    client = Client()
    client.send(name, **fields)
    for command in client.commands:
        assert isinstance(command, Speak | Write | EndText | KeepTurn | Listen) or name == "session.update"
    client.send("response.cancel")
    response = {"audio": {"output": {"format": {"type": "audio/pcm"}, "voice": "v"}}, "input": [user_item()]}
    assert client.send("response.create", response=response)[-1]["type"] == "response.created"
    assert client.hear(*SPEECH)[-1]["type"] == "response.done"
