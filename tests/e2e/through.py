"""A whole system behind Envoy, in the hands of a test."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import psutil
from openai import AsyncOpenAI

if TYPE_CHECKING:
    from tests.e2e.conftest import Mark

_INSIDE = ("edge", "router", "fragmenter", "synth")
"""Services that may be one process."""

_RECOVERY_SECONDS = 30
PATIENCE = 30
"""Seconds that an answer may take: no measure of the system, but an end to a test that waits in vain."""


@dataclass(frozen=True)
class Through:
    """A running system, and the way in.

    Attributes:
        mark: of its processes.
        ports: of each service, and Envoy's admin port, by name.
    """

    mark: Mark
    ports: Mapping[str, int]

    @property
    def port(self) -> int:
        """Envoy's, where everything public is."""
        return self.ports["envoy"]

    @property
    def address(self) -> str:
        """Envoy's, for gRPC."""
        return f"127.0.0.1:{self.port}"

    @property
    def synth(self) -> str:
        """The worker's own address."""
        return f"127.0.0.1:{self.ports['synth']}"

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"http://{self.address}{path}"

    def post(self, path: str, content: bytes | str | dict[str, Any], **headers: str) -> httpx2.Response:
        """Post a body; a dict goes as JSON."""
        body = json.dumps(content) if isinstance(content, dict) else content
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.post(self.url(path), content=body, headers=named, timeout=PATIENCE)

    def openai(self) -> AsyncOpenAI:
        """Return the stock client, unchanged but for its base URL."""
        return AsyncOpenAI(base_url=self.url("/v1"), api_key="none", max_retries=0)

    def service(self, name: str) -> psutil.Process:
        """Return the process that a service is, or is in, whose children are its own."""
        running = {each: _name(each) for each in self.mark.processes()}
        inside = "together" if "together" in running.values() and name in _INSIDE else name
        named = [each for each, service in running.items() if service == inside]
        (oldest,) = [each for each in named if each.parent() not in named]
        return oldest

    def kill(self, name: str) -> None:
        """Kill a service; the supervisor starts it again."""
        self.service(name).kill()

    def wait_until(self, status: int) -> None:
        """Return once the system's readiness, asked through Envoy, has this status."""
        give_up = time.monotonic() + _RECOVERY_SECONDS
        while (now := httpx2.get(self.url("/readyz"), timeout=PATIENCE).status_code) != status:
            assert time.monotonic() < give_up, f"still {now}"
            time.sleep(0.02)

    def gauge(self, name: str) -> int:
        """Return one of Envoy's own figures."""
        path = f"http://127.0.0.1:{self.ports['envoy_admin']}/stats?filter=^{name}$"
        return int(httpx2.get(path, timeout=PATIENCE).text.rpartition(": ")[2])


def _name(process: psutil.Process) -> str:
    """Return which service a process is of; "" when it is of none."""
    command = process.cmdline()
    if process.name() == "envoy":
        return "envoy"
    return command[2].removeprefix("parlando_") if command[1:2] == ["-m"] else ""
