"""Every service is restarted in turn, Envoy too, and no caller sees an error."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from parlando_client.supervisor.envoy import Front
from tests.chaos.callers import Callers, calling
from tests.chaos.calls import account
from tests.chaos.experiment import LOAD, measure_lengths
from tests.chaos.rolling import RollingEnvoy, roll_all
from tests.chaos.wired import running_wired
from tests.ports import free_port

_FORMER_SECONDS = 45
_log = logging.getLogger(__name__)


@contextmanager
def _measured(kind: str, callers: Callers) -> Iterator[None]:
    """Say how long a kind took, and what its callers noticed who were there from beginning to end."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    noticed = account([call for call in callers.calls if call.ended], began)
    _log.info(
        "%s: %.1f s, %d utterances, longest silence %.2f s, latest first sound %.2f s, load average %.1f",
        *(kind, took, len(noticed.calls), noticed.silence, noticed.late, os.getloadavg()[0]),
    )


@pytest.mark.slow  # workers alone, and routers behind Envoy, are rolled in tests/e2e/test_restarts.py
@pytest.mark.timeout(600)
async def test_all_are_rolled_and_no_caller_sees_an_error(tmp_path: Path) -> None:
    several = dict.fromkeys(("edge", "router", "fragmenter", "session"), 2)
    async with running_wired(tmp_path / "log", "espeak", **several, envoy=0) as behind:
        front = Front(port=free_port(), admin_port=free_port())
        ports = {kind: [part.port for part in behind.of(kind)] for kind in ("edge", "router")}
        envoys = RollingEnvoy(front, ports["edge"], ports["router"], _FORMER_SECONDS)
        wired = replace(behind, address=f"127.0.0.1:{front.port}", admin_port=front.admin_port)
        try:
            await envoys.start()
            lengths = await measure_lengths(wired)
            async with calling(wired.address, lengths) as callers:
                load = asyncio.create_task(callers.call(LOAD))
                try:
                    for kind in ("synth", "fragmenter", "session", "router"):
                        with _measured(kind, callers):
                            await roll_all(wired.of(kind))
                    # Edges that close WebSockets, and come back, lead them to the next Envoy.
                    with _measured("edge, and Envoy", callers):
                        await envoys.follow(roll_all(wired.of("edge")))
                finally:
                    load.cancel()
                    await asyncio.wait({load})
        finally:
            await envoys.stop()
        assert {call.order.road for call in callers.calls} == {road for road, _ in lengths}
        assert [call.status for call in callers.calls if not call.well] == []
        assert [call.wrong for call in callers.calls if call.wrong] == []
        assert not any(conversation.lost for conversation in callers.conversations)
