"""What was heard, as a stock client says it and the session service keeps it."""

from __future__ import annotations

from typing import Any

from google.protobuf.duration_pb2 import Duration
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from parlando_session.hearing import heard_of
from parlando_session.turn_checks import check_turn
from tests.component.edge.router import SAMPLES
from tests.component.edge.serving import serving, until
from tests.component.edge.sessions import new_sessions, serving_sessions
from tests.component.edge.test_realtime import TEXT


async def _until(connection: AsyncRealtimeConnection, kind: str) -> Any:
    async for event in connection:
        assert event.type != "error"
        if event.type == kind:
            return event
    raise AssertionError(f"no {kind}")


async def _spoken(connection: AsyncRealtimeConnection, voice: str, last: str) -> str:
    """Have the text spoken, and return its item's id once an event of the last kind has come."""
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
    )
    await connection.response.create(response={"audio": {"output": {"voice": voice}}})
    added = await _until(connection, "response.output_item.added")
    await _until(connection, last)
    return str(added.item.id)


async def test_what_was_heard_is_told_kept_and_known_on_the_next_connection() -> None:
    sessions = new_sessions()
    async with serving_sessions(sessions) as address, serving(session=address) as edge:
        async with edge.openai() as client, client.realtime.connect(model="m") as connection:
            item_id = await _spoken(connection, "plain", "response.done")
            await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=74)
            truncated = await _until(connection, "conversation.item.truncated")
            assert (truncated.item_id, truncated.content_index, truncated.audio_end_ms) == (item_id, 0, 74)
            await connection.conversation.item.retrieve(item_id=item_id)
            item = (await _until(connection, "conversation.item.retrieved")).item
            assert item.content[0].transcript == "Hello "
            ours = item.model_extra["parlando"]
            assert (ours["heard_text"], ours["unheard_text"], ours["quality"]) == (
                "Hello ",
                "big world.",
                "exact",
            )
        await until(lambda: item_id in (kept := sessions.turns["s1"]) and kept[item_id].HasField("heard"))
        turn = sessions.turns["s1"][item_id]
        check_turn(turn)
        assert turn.heard == heard_of(turn, Duration(nanos=74_000_000))  # TruncateTurn answers the same
        async with edge.websocket("?session=s1") as socket:
            await socket.send(f'{{"type": "conversation.item.retrieve", "item_id": "{item_id}"}}')
            await socket.recv()
            assert '"unheard_text":"big world."' in str(await socket.recv())


async def test_a_barge_in_keeps_what_was_heard_of_an_interrupted_turn() -> None:
    sessions = new_sessions()
    async with (
        serving_sessions(sessions) as address,
        serving(session=address) as edge,
        edge.openai() as client,
        client.realtime.connect(model="m") as connection,
    ):
        item_id = await _spoken(connection, "hangs", "response.output_audio.delta")
        await connection.response.cancel()
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=20)
        done = await _until(connection, "response.done")
        assert done.response.status == "cancelled"
        await _until(connection, "conversation.item.truncated")
        await until(lambda: len(sessions.turns["s1"]) == 2)
        turn = sessions.turns["s1"][item_id]
        check_turn(turn)
        assert turn.heard.samples_played == 2 * SAMPLES
        assert (turn.heard.heard_text, turn.heard.unheard_text) == ("", TEXT)
