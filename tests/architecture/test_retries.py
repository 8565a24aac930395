"""What is asked again where an answer is lost: every method, and every route of Envoy, is decided on."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import yaml
from google.protobuf.descriptor import ServiceDescriptor

from parlando.admin.v1 import admin_service_pb2
from parlando.fragmenter.v1 import fragmenter_service_pb2
from parlando.session.v1 import session_service_pb2
from parlando.speech.v1 import speech_service_pb2
from parlando_kit import channels, retries

_ROOT = Path(__file__).parents[2]
_ADMIN = admin_service_pb2.DESCRIPTOR.services_by_name["AdminService"]
_FRAGMENTER = fragmenter_service_pb2.DESCRIPTOR.services_by_name["FragmenterService"]
_SESSION = session_service_pb2.DESCRIPTOR.services_by_name["SessionService"]
_SPEECH = speech_service_pb2.DESCRIPTOR.services_by_name["SpeechService"]

_ONCE = {
    # Makes something each time.
    "SessionService/CreateSession",
    "SessionService/LeaseBudget",
    "AdminService/MixVoice",
    "AdminService/UploadVoice",
    # Tells the second time that there is a conflict, or nothing, although it was done.
    "SessionService/SetPolicy",
    "AdminService/DeleteVoice",
    "AdminService/UpdateVoice",
    # Concerns the one that is asked.
    "AdminService/Drain",
    "AdminService/FlushCache",
    "AdminService/LoadModel",
    "AdminService/ResetBreaker",
    "AdminService/ResetPrimary",
    "AdminService/RunTestStream",
    "AdminService/TriggerFallback",
    "AdminService/Undrain",
    "AdminService/UnloadModel",
}
"""What is asked once, and again only where a replica says that it has not begun."""

_ASKED_AGAIN_BY_ENVOY = {
    "/v1/speech:stream",
    "/v1/audio/speech",
    "/parlando.speech.v1.SpeechService/",
    "/grpc.health.v1.Health/Watch",
    "/grpc.health.v1.Health/",
    "/grpc.reflection.",
}
"""Paths that speak or tell, and change nothing."""


def _methods(*services: ServiceDescriptor) -> set[str]:
    return {f"{service.full_name}/{method.name}" for service in services for method in service.methods}


def test_every_method_is_asked_again_or_known_to_be_none_for_that() -> None:
    for services, again in (
        ((_ADMIN, _SPEECH), retries.ROUTER),
        ((_FRAGMENTER,), retries.FRAGMENTER),
        ((_SESSION,), retries.SESSION),
    ):
        methods = _methods(*services)
        once = {each for each in methods if each.split(".")[-1] in _ONCE}
        named = {each for each in again if each.startswith("parlando.")}
        assert named | once == methods
        assert not named & once
        assert set(again) - named == {"grpc.health.v1.Health/Check"}


def test_the_decision_names_them_all() -> None:
    page = (_ROOT / "docs/decisions/0061-what-is-asked-again.md").read_text()
    named = set(re.findall(r"`([A-Z]\w+)`", page))
    methods = {each.partition("/")[2] for each in _methods(_ADMIN, _FRAGMENTER, _SESSION, _SPEECH)}
    assert methods <= named


def _routes() -> list[tuple[str, set[str]]]:
    """Return the paths of Envoy's routes, with what each is asked again on, where it is."""
    text = (_ROOT / "deploy/envoy/envoy.yaml").read_text()
    template = Template(text)
    config = yaml.safe_load(template.substitute(dict.fromkeys(template.get_identifiers(), "0")))
    (listener,) = config["static_resources"]["listeners"]
    (filter_,) = listener["filter_chains"][0]["filters"]
    (host,) = filter_["typed_config"]["route_config"]["virtual_hosts"]
    return [
        (route["match"].get("path") or route["match"]["prefix"], set(policy["retry_on"].split(",")))
        for route in host["routes"]
        if (policy := route["route"].get("retry_policy"))
    ]


def test_envoy_asks_again_only_for_what_changes_nothing() -> None:
    again: set[str] = set()
    before: set[str] = set()
    for where, asked in _routes():
        # No connection, a stream that was refused, and an edge that says that it drains: nothing was done.
        untouched = {"connect-failure", "refused-stream", "retriable-headers"}
        (again if asked - untouched else before).add(where)
    assert again == _ASKED_AGAIN_BY_ENVOY
    assert before == {"/v1/realtime", "/"}


def test_envoy_asks_another_router_on_what_our_own_channels_do() -> None:
    for where, asked in _routes():
        if where in _ASKED_AGAIN_BY_ENVOY - {"/v1/audio/speech"}:  # that is the edge's, and no gRPC
            assert {status.lower() for status in channels.STATUSES} <= asked
