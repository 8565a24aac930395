"""Run the session service: settings, parts, serve."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

from parlando_kit import lifecycle, telemetry
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server
from parlando_kit.tasks import background
from parlando_session.budgets import Budgets
from parlando_session.policies import PolicyBook
from parlando_session.servicer import SessionServicer, session_service
from parlando_session.sessions import Sessions
from parlando_session.settings import SessionSettings
from parlando_session.store_watch import STORE, watch_store
from parlando_session.stores import open_stores
from parlando_session.turns import Turns


def main() -> None:
    """Serve until told to stop."""
    settings = SessionSettings.from_environment()
    now = time.time

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("session", settings, resources)
        stores = await resources.enter_async_context(open_stores(settings, now))
        policies = PolicyBook(stores.policies, settings.known_engines)
        servicer = SessionServicer(
            Sessions(stores.sessions, now),
            Turns(stores.sessions, now),
            policies,
            Budgets(stores.sessions, now, settings.lease_seconds),
            now,
        )
        server = Server(settings, [session_service(servicer)], telemetry.server_interceptors(settings))
        server.on_drain(policies.close)
        await server.set_health(STORE, serving=False)
        watch = watch_store(policies, server, MonotonicClock(), settings.poll_seconds)
        await resources.enter_async_context(background(watch))
        return server

    lifecycle.run("session", settings, build, pushes=False)


if __name__ == "__main__":
    main()
