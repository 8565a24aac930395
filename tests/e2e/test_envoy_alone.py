"""What Envoy says by itself, when nobody stands behind it."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import grpc
import httpx2
import pytest

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_client.supervisor.envoy import Front, envoy
from tests.e2e.conftest import clean_environment
from tests.e2e.through import PATIENCE
from tests.ports import free_port


async def _never() -> None:
    raise AssertionError


def _until_it_answers(url: str) -> httpx2.Response:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return httpx2.post(url, json={"input": "Hello."}, timeout=PATIENCE)
        except httpx2.TransportError:
            assert time.monotonic() < give_up
            time.sleep(0.05)


def _told(error: Any) -> tuple[grpc.StatusCode, bool]:
    """Return the status, and whether its message is JSON."""
    return error.code(), "{" in error.details()


def test_callers_are_told_in_their_own_terms_that_nobody_answers() -> None:
    front = Front(port=free_port(), admin_port=free_port())
    child = envoy(front, [free_port()], [free_port()], _never)
    with subprocess.Popen(child.command, env=clean_environment()) as process:
        try:
            answer = _until_it_answers(f"http://127.0.0.1:{front.port}/v1/audio/speech")
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            error = answer.json()["error"]
            assert (error["type"], error["code"]) == ("server_error", "dependency_unavailable")
            assert "try again" in error["message"]
            with grpc.insecure_channel(f"127.0.0.1:{front.port}") as channel:
                call = SpeechServiceStub(channel).Say(speech_pb2.SayRequest(text="Hello."), timeout=PATIENCE)
                with pytest.raises(grpc.RpcError) as told:
                    next(call)
            assert _told(told.value) == (grpc.StatusCode.UNAVAILABLE, False)
        finally:
            process.terminate()
