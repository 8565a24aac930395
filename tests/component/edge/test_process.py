"""`python -m parlando_edge`, started and stopped as a service is."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.component.edge.router import new_router, serving_router

_SECONDS = 30


def _command(**settings: str) -> subprocess.Popen[str]:
    environment = {"PATH": "/usr/bin:/bin", "EDGE_PORT": "0", **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "parlando_edge"], env=environment, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def _started(**settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start an edge; yields it and its port."""
    with _command(**settings) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "edge serves on 127.0.0.1:" in line, line
            yield process, int(line.rsplit(":", 1)[1])
        finally:
            process.kill()


def test_it_serves_until_it_is_told_to_stop() -> None:
    with _started() as (process, port):
        assert httpx2.get(f"http://127.0.0.1:{port}/healthz").json() == {"status": "ok"}
        assert httpx2.get(f"http://127.0.0.1:{port}/").headers["content-type"].startswith("text/html")
        process.send_signal(signal.SIGTERM)
        assert process.wait(_SECONDS) == 0


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with _command(EDGE_PORT=str(port)) as process:
            _, said = process.communicate(timeout=_SECONDS)
        assert process.returncode == 1
        why = "the port is taken; stop what holds it, or set EDGE_PORT"
        assert said == f"edge: cannot listen on 127.0.0.1:{port}: {why}\n"


async def test_a_drain_lets_an_answer_finish_and_refuses_new_ones() -> None:
    router = new_router()
    async with serving_router(router) as address:
        with _started(ROUTER_ADDRESS=address) as (process, port):
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=_SECONDS) as http:
                body = {"input": "Hello.", "voice": "late", "response_format": "pcm"}
                asking = asyncio.create_task(http.post("/v1/audio/speech", json=body))
                await router.until_live(1)
                process.send_signal(signal.SIGTERM)
                while (await http.get("/readyz")).json()["draining"] is False:
                    pass  # the signal is on its way
                refused = await http.get("/v1/models")
                assert refused.status_code == 503
                assert refused.headers["retry-after"] == "1"
                assert refused.headers["parlando-draining"] == "1"  # Envoy asks another edge then
                assert process.poll() is None
                router.released.set()
                assert len((await asking).content) == 6 * 480
            assert await asyncio.to_thread(process.wait, _SECONDS) == 0
