"""Which policy and tier a caller has is said by whoever authenticates it, and not by the caller."""

from __future__ import annotations

import time

import grpc
import httpx2

from parlando.session.v1 import session_pb2
from parlando.session.v1.session_service_pb2_grpc import SessionServiceStub
from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from tests.e2e.through import PATIENCE, Through

_TIER = (("x-parlando-tier", "gold"),)
_POLICY = (("x-parlando-policy", "golden"),)
# Known to policies, and not there.
_NOBODY = session_pb2.Route(engines=[session_pb2.EngineChoice(engine="kokoro")])


def _spoken(address: str, metadata: tuple[tuple[str, str], ...]) -> bool:
    """Return whether a call with this metadata is spoken."""
    with grpc.insecure_channel(address) as channel:
        call = SpeechServiceStub(channel).Say(
            speech_pb2.SayRequest(text="Hello."), timeout=PATIENCE, metadata=metadata
        )
        try:
            return list(call)[-1].events[-1].HasField("finished")
        except grpc.RpcError:
            return False


def _posted(address: str, metadata: tuple[tuple[str, str], ...]) -> int:
    """Return the status of a request with this metadata as headers."""
    body = {"input": "Hello.", "voice": "alloy", "response_format": "pcm"}
    url = f"http://{address}/v1/audio/speech"
    return httpx2.post(url, json=body, headers=dict(metadata), timeout=PATIENCE).status_code


def test_a_public_caller_cannot_choose_its_policy_or_its_tier(through: Through) -> None:
    router, session, edge = (f"127.0.0.1:{through.ports[name]}" for name in ("router", "session", "edge"))
    policies = [
        session_pb2.Policy(name="default", tiers={"gold": _NOBODY}),
        session_pb2.Policy(name="golden", fallback=_NOBODY),
    ]
    with grpc.insecure_channel(session) as channel:
        stub = SessionServiceStub(channel)
        try:
            for policy in policies:
                stub.SetPolicy(session_pb2.SetPolicyRequest(policy=policy), timeout=PATIENCE)
            give_up = time.monotonic() + PATIENCE
            for chosen in (_TIER, _POLICY):
                while _spoken(router, chosen):  # the router itself trusts whoever reaches it
                    assert time.monotonic() < give_up
                assert _spoken(through.address, chosen)
                assert _posted(through.address, chosen) == 200
                assert (
                    _posted(edge, chosen) != 200
                )  # so does the edge: it is Envoy that takes no caller's word
        finally:
            for policy in policies:
                empty = session_pb2.Policy(name=policy.name)
                stub.SetPolicy(session_pb2.SetPolicyRequest(policy=empty), timeout=PATIENCE)
