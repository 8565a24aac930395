from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from parlando_edge.gate import Gate


class _Visit:
    """A request to the gate; what it serves waits until it is let go."""

    def __init__(self, gate: Gate, kind: str = "http", path: str = "/v1/models") -> None:
        self.sent: list[Message] = []
        self.leave = asyncio.Event()
        self.inside = False
        self._scope: dict[str, Any] = {"type": kind, "path": path}
        self.task = asyncio.create_task(gate.pass_on(self._app, self._scope, self._receive, self._send))

    async def _app(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        self.inside = True
        await self.leave.wait()

    async def _receive(self) -> Message:
        return {"type": "http.request"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def refused(self) -> tuple[int, str, str]:
        """Status, code and Retry-After of a refusal."""
        start, body = self.sent
        headers = dict(start["headers"])
        code: str = orjson.loads(body["body"])["error"]["code"]
        return start["status"], code, headers[b"retry-after"].decode()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_what_is_too_much_is_refused(kind: str) -> None:
    gate = Gate(2)
    first, second, third = (_Visit(gate, kind) for _ in range(3))
    await _settle()
    assert (first.inside, second.inside, third.inside) == (True, True, False)
    assert third.refused == (429, "overloaded", "1")
    first.leave.set()
    await first.task
    fourth = _Visit(gate, kind)
    await _settle()
    assert fourth.inside
    for visit in (second, fourth):
        visit.leave.set()
        await visit.task


async def test_a_drain_refuses_what_is_new_and_waits_for_the_rest() -> None:
    gate = Gate(9)
    visit = _Visit(gate)
    await _settle()
    drain = asyncio.create_task(gate.drain())
    await _settle()
    late = _Visit(gate)
    await late.task
    assert late.refused == (503, "draining", "1")
    assert not drain.done()
    visit.leave.set()
    await drain
    assert gate.live == 0


@pytest.mark.parametrize("path", ["/healthz", "/health", "/readyz"])
async def test_probes_are_always_served_and_keep_nobody_waiting(path: str) -> None:
    gate = Gate(1)
    probe = _Visit(gate, path=path)
    await _settle()
    await gate.drain()
    late = _Visit(gate, path=path)
    await _settle()
    assert (probe.inside, late.inside) == (True, True)
    for visit in (probe, late):
        visit.leave.set()
        await visit.task
