"""Callers of gRPC keep their own turns, by the Python client, in a line each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest

from parlando.session.v1 import session_pb2
from parlando.session.v1.session_service_pb2_grpc import SessionServiceStub
from parlando_client import (
    AsyncClient,
    AsyncSessions,
    Audio,
    Client,
    Finished,
    LiveUtterance,
    Sessions,
    SpeechError,
    Utterance,
)
from tests.e2e.conftest import System, clean_environment
from tests.ports import free_port

_SOME_WORDS = 24_000  # samples of them
_TEXT = "Seven green steps lead down. Nobody has been there for a year."


@pytest.fixture(scope="module")
def keeper() -> Iterator[str]:
    """A session service's address."""
    port = free_port()
    environment = {**clean_environment(), "SESSION_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "parlando_session"], env=environment) as service:
        yield f"127.0.0.1:{port}"
        service.terminate()


def _session(keeper: str) -> str:
    with grpc.insecure_channel(keeper) as channel:
        made = SessionServiceStub(channel).CreateSession(
            session_pb2.CreateSessionRequest(), wait_for_ready=True, timeout=30
        )
        return made.session.id


def _stored(keeper: str, session_id: str) -> session_pb2.Turn:
    with grpc.insecure_channel(keeper) as channel:
        request = session_pb2.ListTurnsRequest(session_id=session_id)
        (turn,) = SessionServiceStub(channel).ListTurns(request).turns
        return turn


def _read(utterance: Utterance) -> Finished:
    *_, last = utterance
    assert isinstance(last, Finished)
    return last


def test_what_was_said_is_kept_and_what_was_heard_of_it(scripted_system: System, keeper: str) -> None:
    session_id = _session(keeper)
    with Client(scripted_system.router) as client, Sessions(keeper) as sessions:
        utterance = client.say(_TEXT, sample_rate_hz=24_000)
        finished = _read(utterance)
        turn_id = sessions.keep(session_id, utterance)
        turn = _stored(keeper, session_id)
        assert (turn.id, turn.text, turn.status) == (
            utterance.utterance_id,
            _TEXT,
            session_pb2.TURN_STATUS_COMPLETED,
        )
        assert (turn.engine, turn.sample_count) == ("scripted", finished.sample_count)
        assert len(turn.words) == len(_TEXT.split())
        played = finished.words[2].first_sample + finished.words[2].sample_count
        heard = sessions.truncate(session_id, turn_id, seconds=played / 24_000)
        assert heard == utterance.heard(played)
        assert (heard.text, heard.rest) == ("Seven green steps ", _TEXT[18:])
        assert _stored(keeper, session_id).heard.heard_text == heard.text


def _cancelled(live: LiveUtterance) -> None:
    live.send(_TEXT * 20)
    next(event for event in live if isinstance(event, Audio) and event.first_sample > _SOME_WORDS)
    live.cancel()
    live.end()
    _read(live)


def test_an_interrupted_utterance_is_kept_as_one(scripted_system: System, keeper: str) -> None:
    session_id = _session(keeper)
    with Client(scripted_system.router) as client, Sessions(keeper) as sessions:
        with client.speak(playout="clock") as live:
            _cancelled(live)
        turn_id = sessions.keep(session_id, live)
        turn = _stored(keeper, session_id)
        assert turn.status == session_pb2.TURN_STATUS_INTERRUPTED
        assert 0 < len(turn.words) < len(turn.text.split())
        heard = sessions.truncate(session_id, turn_id, seconds=turn.sample_count / turn.sample_rate_hz)
        assert heard.text + heard.rest == _TEXT * 20
        assert heard.text
        assert heard.rest


async def test_on_asyncio_likewise(scripted_system: System, keeper: str) -> None:
    session_id = _session(keeper)
    async with (
        AsyncClient(scripted_system.router) as client,
        AsyncSessions(keeper) as sessions,
    ):
        utterance = client.say(_TEXT)
        async for _ in utterance:
            pass
        turn_id = await sessions.keep(session_id, utterance)
        assert (await sessions.truncate(session_id, turn_id, seconds=0)).rest == _TEXT
        with pytest.raises(SpeechError) as refused:
            await sessions.keep("nobody", utterance)
        assert refused.value.reason == "SESSION_NOT_FOUND"


def test_what_is_no_turn_is_refused_before_it_is_sent(scripted_system: System, keeper: str) -> None:
    with Client(scripted_system.router) as client, Sessions(keeper) as sessions:
        with client.say(_TEXT) as unread:
            next(unread)
            with pytest.raises(ValueError, match="read on"):
                sessions.keep("nobody", unread)
        with client.speak() as live:
            live.send("Orange lamp. ")
            live.cancel()
            live.send("House garden.")
            live.end()
            _read(live)
            with pytest.raises(ValueError, match="one epoch"):
                sessions.keep("nobody", live)
