"""A conversation that goes on over another connection: the same items, in the same order, waiting or not."""

from __future__ import annotations

import pytest

from parlando_edge.ports import Finished
from parlando_edge.realtime.conversation import ROOT
from parlando_edge.session_ports import TurnRole, TurnStatus
from tests.unit.edge.realtime import SAMPLES, SPEECH, WORDS, Client, user_item


def _ids(client: Client) -> list[str]:
    """Return the ids of the items of a client's conversation."""
    return [item.id for item in client.protocol._conversation.items()]


def _create(client: Client, name: str) -> None:
    client.send("conversation.item.create", item=user_item(f"{name}.", id=name))


def _end_late(client: Client, response_id: str) -> None:
    """Let the engines have taken their time to stop."""
    client.take(client.protocol.speech(response_id, Finished(6 * SAMPLES, 6, WORDS[:1])))


def _resumed(client: Client) -> Client:
    """Return a client of the next connection, made of what the session service has."""
    return Client(turns=client.turns)


def test_what_was_written_while_we_spoke_comes_after_what_we_said() -> None:
    client = Client()
    _create(client, "u1")
    client.send("response.create")
    spoken = client.hear(*SPEECH[:4])[0]["item"]["id"]
    _create(client, "u2")
    _create(client, "u3")
    client.hear(*SPEECH[4:])
    again = _resumed(client)
    assert _ids(again) == _ids(client) == ["u1", spoken, "u2", "u3"]
    kept = [turn for turn in client.turns if turn.id == spoken]
    assert [(turn.status, turn.sample_count) for turn in kept] == [(TurnStatus.COMPLETED, 16 * SAMPLES)]


def test_what_was_written_while_we_were_being_stopped_comes_after_what_we_said() -> None:
    client = Client()
    _create(client, "u1")
    client.send("response.create")
    first, stopped = client.hear(*SPEECH[:4])[0]["item"]["id"], client.order.response_id
    client.send("response.cancel")
    _create(client, "u2")
    client.send("response.create")
    second = client.hear(*SPEECH)[0]["item"]["id"]
    _end_late(client, stopped)
    again = _resumed(client)
    assert _ids(again) == _ids(client) == ["u1", first, "u2", second]


def test_a_response_that_overtakes_the_end_of_one_before_it_still_comes_after_it() -> None:
    client = Client()
    _create(client, "u1")
    _create(client, "u2")
    client.send("response.create")
    first, stopped = client.hear(*SPEECH[:4])[0]["item"]["id"], client.order.response_id
    client.send("response.cancel")
    client.send("response.create", response={"input": [user_item("Else.")]})
    second = client.hear(*SPEECH)[0]["item"]["id"]
    _end_late(client, stopped)
    again = _resumed(client)
    assert _ids(again) == _ids(client) == ["u1", "u2", first, second]


def test_what_was_deleted_while_it_was_spoken_is_not_kept_with_what_follows() -> None:
    client = Client()
    _create(client, "u1")
    client.send("response.create")
    spoken = client.hear(*SPEECH[:4])[0]["item"]["id"]
    client.send("conversation.item.delete", item_id=spoken)
    _create(client, "u2")
    client.hear(*SPEECH[4:])
    assert [turn.id for turn in client.turns] == ["u1", "u2"]


def test_what_waited_to_be_spoken_still_waits() -> None:
    client = Client()
    _create(client, "u1")
    client.send("response.create")
    client.hear(*SPEECH[:4])
    _create(client, "u2")
    client.hear(*SPEECH[4:])
    assistant = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}
    client.send("conversation.item.create", item=assistant)  # nothing that was spoken
    _create(client, "u3")
    again = _resumed(client)
    again.send("response.create")
    assert again.text == "u2.\nu3."
    again.hear(*SPEECH)
    assert [turn.role for turn in again.turns] == [TurnRole.ASSISTANT]


def test_what_was_spoken_waits_no_longer() -> None:
    client = Client()
    _create(client, "u1")
    client.send("response.create")
    client.hear(*SPEECH)
    again = _resumed(client)
    _create(again, "u2")
    again.send("response.create")
    assert again.text == "u2."


@pytest.mark.parametrize(
    ("previous", "order"),
    [
        (ROOT, ["new", "u1", "call", "spoken", "u2"]),
        ("u1", ["u1", "new", "call", "spoken", "u2"]),
        ("call", ["u1", "call", "new", "spoken", "u2"]),  # which is not kept itself
        ("spoken", ["u1", "call", "spoken", "new", "u2"]),
        ("u2", ["u1", "call", "spoken", "u2", "new"]),
    ],
)
@pytest.mark.parametrize("over", [True, False])
def test_what_was_put_between_others_is_there_again(previous: str, order: list[str], *, over: bool) -> None:
    client = Client()
    _create(client, "u1")
    client.send("conversation.item.create", item={"type": "function_call", "id": "call"})
    client.send("response.create")
    spoken = client.hear(*SPEECH[:4])[0]["item"]["id"]
    names = {"spoken": spoken}
    if over:
        client.hear(*SPEECH[4:])
    _create(client, "u2")
    client.send(
        "conversation.item.create",
        item=user_item("New.", id="new"),
        previous_item_id=names.get(previous, previous),
    )
    client.hear(*SPEECH[4:])
    assert _ids(client) == [names.get(name, name) for name in order]
    assert _ids(_resumed(client)) == [names.get(name, name) for name in order if name != "call"]


def test_what_was_put_behind_what_was_deleted_stays_where_it_was() -> None:
    client = Client()
    for name in ("a", "b", "c"):
        _create(client, name)
    client.send("conversation.item.create", item=user_item("New.", id="new"), previous_item_id="a")
    client.send("conversation.item.delete", item_id="a")
    assert _ids(_resumed(client)) == _ids(client) == ["new", "b", "c"]
