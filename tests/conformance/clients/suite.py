"""What a client's program tells of the client: one line of JSON for each cell of its row in the table.

A cell is `green`, `red`, or `not offered` with the reason found in the client's code. The program is given
the system's address in CONFORMANCE_BASE_URL, and a file with a user's speech (16-bit PCM, 24,000 Hz) in
CONFORMANCE_SPEECH.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

Check = Callable[[], Awaitable[None]]

BASE_URL = os.environ["CONFORMANCE_BASE_URL"]
"""As a client is given it, with `/v1` at its end."""

WS_URL = BASE_URL.replace("http", "ws", 1)

TEXT = "Good morning. The ferry leaves at nine, and the next one at noon."
LONG_TEXT = " ".join([TEXT] * 20)
"""Over a minute of speech."""

RATE = 24_000
"""Samples a second, of two bytes each, both ways."""

_CHECK_SECONDS = 60


def user_speech(milliseconds: int = 20) -> Iterator[bytes]:
    """Yield what a user says, in pieces."""
    speech = Path(os.environ["CONFORMANCE_SPEECH"]).read_bytes()
    size = RATE * milliseconds // 1000 * 2
    for start in range(0, len(speech), size):
        yield speech[start : start + size]
    for _ in range(1000 // milliseconds):
        yield bytes(size)


def seconds(audio: bytes) -> float:
    """Return how long audio lasts."""
    return len(audio) / 2 / RATE


def check(holds: object, otherwise: object) -> None:
    """Fail, saying what was found, unless something holds."""
    if not holds:
        raise AssertionError(otherwise)


async def restart_edge() -> None:
    """Have the edge killed, and return once the system is ready again."""
    _say({"please": "restart the edge"})
    await asyncio.to_thread(sys.stdin.readline)


class Suite:
    """The cells of one client.

    Args:
        client: its name.
        packages: distributions whose versions are told.
    """

    def __init__(self, client: str, *packages: str) -> None:
        self._client = client
        self._packages = packages
        self._cells: dict[str, tuple[str, Check]] = {}
        self._not_offered: dict[str, str] = {}

    def cell(self, name: str, exercises: str) -> Callable[[Check], Check]:
        """Mark a function as what fills a cell; `exercises` says what of the client it uses."""

        def mark(run: Check) -> Check:
            self._cells[name] = (exercises, run)
            return run

        return mark

    def not_offered(self, name: str, reason: str) -> None:
        """Say that a client has no such thing."""
        self._not_offered[name] = reason

    def run(self) -> None:
        """Fill every cell, one after another."""
        versions = {package: version(package) for package in self._packages}
        _say({"client": self._client, "versions": versions})
        for name, reason in self._not_offered.items():
            _say({"cell": name, "outcome": "not offered", "said": reason})
        only = sys.argv[1:]
        for name, (exercises, run) in self._cells.items():
            if only and name not in only:
                continue
            _say({"cell": name, **_outcome(run, exercises)})


def _outcome(run: Check, exercises: str) -> dict[str, str]:
    async def limited() -> None:
        async with asyncio.timeout(_CHECK_SECONDS):
            await run()

    try:
        asyncio.run(limited())
    except Exception:  # noqa: BLE001  # whatever a client raises makes its cell red
        return {"outcome": "red", "said": traceback.format_exc()}
    return {"outcome": "green", "said": exercises}


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201  # the line is the result
