"""Whether a part is well, as it says itself where it listens: nobody else can answer in its place."""

from __future__ import annotations

import grpc

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_client.supervisor.http_probe import who_listens_over_http
from parlando_client.supervisor.ports import Listener, who_listens
from parlando_client.supervisor.system import (
    EDGE_HEALTH,
    EDGE_SIGN,
    FRAGMENTER_SERVICE,
    ROUTER_SERVICE,
    SESSION_SERVICE,
    SYNTH_SERVICE,
)
from parlando_kit.channels import open_channel
from tests.chaos.table import redis_answers
from tests.chaos.wired import Part, Wired

SERVICES = {
    "synth": SYNTH_SERVICE,
    "router": ROUTER_SERVICE,
    "fragmenter": FRAGMENTER_SERVICE,
    "session": SESSION_SERVICE,
}
"""What each kind that speaks gRPC serves."""

_ANSWER_SECONDS = 3.0


async def is_well(part: Part, wired: Wired) -> bool:
    """Return whether a part of a system says that it serves, and with it all that it runs."""
    return all([await _serves(each, wired) for each in part.services])


async def _serves(service: Part, wired: Wired) -> bool:
    match service.kind:
        case "redis":
            return await redis_answers(service.port)
        case "edge":
            found = await who_listens_over_http(service.port, EDGE_HEALTH, EDGE_SIGN)
        case "envoy":
            found = await who_listens_over_http(wired.admin_port, "/ready", b"LIVE")
        case kind:
            found = await who_listens(f"127.0.0.1:{service.port}", SERVICES[kind])
    return found is Listener.SERVING


async def all_workers_serve(wired: Wired) -> bool:
    """Return whether every router lists all workers, and each of them serves."""
    for router in wired.of("router"):
        async with open_channel(f"127.0.0.1:{router.port}") as channel:
            stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
            try:
                known = await stub.ListEngines(speech_pb2.ListEnginesRequest(), timeout=_ANSWER_SECONDS)
            except grpc.aio.AioRpcError:
                return False
        serving = [each.serving for engine in known.engines for each in engine.replicas]
        if len(serving) < len(wired.of("synth")) or not all(serving):
            return False
    return True
