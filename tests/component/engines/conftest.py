"""Engines of environments of their own, each behind a real router with espeak to take over.

A new engine is one more row of `ENGINES`, and a script `tiny_ENGINE.py` that serves a worker with a small
model; it finds what its project's tests have. It must take some tenths of a second for `TEXT`, so that it can
be disturbed in the midst of it, and `test_heard` wants sound in which words can be told apart. One whose
environment is too large for `make test` is a row that is marked slow:

    pytest tests/component/engines -m "slow or not slow" -k chatterbox
"""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest

from tests.chaos.system import ESPEAK, Service, System, running

ENGINES = ("kokoro", "piper")

_HERE = Path(__file__).parent
_ROOT = Path(__file__).parents[3]


@cache
def _interpreter(engine: str) -> Path:
    """Return the interpreter of an engine's environment, which is made where it is not up to date."""
    subprocess.run([str(_ROOT / "tools/bootstrap"), "--engine", engine, "--dev"], check=True)
    return _ROOT / "services/synth/engines" / engine / ".venv/bin/python"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine's name, in turn."""
    name: str = request.param
    return name


def worker_of(engine: str, **settings: str) -> Service:
    """Return an engine's worker with its small model, not started."""
    tests = _ROOT / "services/synth/engines" / engine / "tests"
    return Service(
        "parlando_synth",
        {"SYNTH_ENGINE": engine, "SYNTH_MAX_QUEUED": "64", "PYTHONPATH": str(tests), **settings},
        command=[str(_interpreter(engine)), str(_HERE / f"tiny_{engine}.py")],
    )


@pytest.fixture
async def system(engine: str) -> AsyncIterator[System]:
    """A router with two workers: the engine's, and espeak's."""
    async with running([worker_of(engine), ESPEAK]) as system:
        yield system
