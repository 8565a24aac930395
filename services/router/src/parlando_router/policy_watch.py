"""Keeps the policies as the session service has them: told at once when one changes.

While that service cannot be reached, what was known last still holds, and without one there are none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import grpc

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando_kit.clock import Clock
from parlando_router.convert import cost_from, seconds
from parlando_router.policy import Choice, Policy, Route
from parlando_router.price import Price

_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


async def watch_policies(
    channel: grpc.aio.Channel, clock: Clock, told: Callable[[Mapping[str, Policy]], None]
) -> None:
    """Tell the policies by name, now and at every change, until cancelled."""
    stub = session_service_pb2_grpc.SessionServiceStub(channel)
    silent = False
    while True:
        known: dict[str, Policy] = {}  # what is not told again is there no more
        try:
            async for change in stub.WatchPolicy(session_pb2.WatchPolicyRequest(), wait_for_ready=True):
                silent = False
                known = {**known, change.policy.name: policy_from(change.policy)}
                if change.deleted:
                    del known[change.policy.name]
                told(known)
        except grpc.aio.AioRpcError as error:
            if not silent:
                _log.warning("no policies are told: the session service answered %s", error.code().name)
            silent = True
        await clock.sleep(_AGAIN_SECONDS)


def policy_from(said: session_pb2.Policy) -> Policy:
    """Return a policy in the router's own terms. The session service has checked it."""

    def routes(kind: str, entries: Mapping[str, session_pb2.Route]) -> dict[str, Route]:
        return {key: _route(route, f'policy.{kind}["{key}"]') for key, route in entries.items()}

    languages = routes("languages", said.languages)
    return Policy(
        languages={tag.casefold(): route for tag, route in languages.items()},
        voices=routes("voices", said.voices),
        tiers=routes("tiers", said.tiers),
        fallback=_route(said.fallback, "policy.fallback") if said.HasField("fallback") else None,
        prices={engine: Price(cost_from(price)) for engine, price in said.prices.items()},
        equivalences=tuple(tuple(each.voices) for each in said.equivalences),
    )


def _route(said: session_pb2.Route, place: str) -> Route:
    return Route(
        choices=tuple(
            Choice(each.engine, each.voice, each.rank, each.weight if each.HasField("weight") else 1)
            for each in said.engines
        ),
        place=place,
        first_chunk_target=(
            seconds(said.first_chunk_target) if said.HasField("first_chunk_target") else None
        ),
    )
