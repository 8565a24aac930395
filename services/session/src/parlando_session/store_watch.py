"""Keeps it known whether the store answers, and the policies as they are there."""

from __future__ import annotations

import logging

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError
from parlando_kit.server import Server
from parlando_session.policies import PolicyBook

STORE = "dependency/store"

_log = logging.getLogger(__name__)


async def watch_store(book: PolicyBook, server: Server, clock: Clock, poll: float) -> None:
    """Ask the store every `poll` seconds, until cancelled. Its health follows."""
    serving: bool | None = None
    while True:
        was, fault = serving, ""
        try:
            await book.poll()
            serving = True
        except ParlandoError as error:
            serving, fault = False, error.message
        if serving is not was:
            await server.set_health(STORE, serving=serving)
            if fault:
                _log.warning(fault)
            elif was is not None:
                _log.info("the session store answers again")
        await clock.sleep(poll)
