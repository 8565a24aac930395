"""Engines of environments of their own, each behind a real router with espeak to take over.

A new engine is one more row of `ENGINES`, and a script `tiny_ENGINE.py` that serves a worker with a small
model; it finds what its project's tests have. It must take some tenths of a second for `TEXT`, so that it can
be disturbed in the midst of it, and `test_heard` wants sound in which words can be told apart. One whose
environment is too large for `make test` is a row that is marked slow, and runs with the engine's own tests
(`make engine-chatterbox`):

    pytest tests/component/engines -m slow -k chatterbox
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.system import Service, System, running

HUMMING = ("kokoro", "piper")
"""Those whose small network hums once for each word, and is silent between."""

CHATTERBOX = pytest.param("chatterbox", marks=[pytest.mark.slow, pytest.mark.timeout(900)])
ENGINES = (*HUMMING, CHATTERBOX)

_HERE = Path(__file__).parent
_ROOT = Path(__file__).parents[3]


@cache
def _interpreter(engine: str) -> Path:
    """Return the interpreter of an engine's environment, which is made where it is not up to date."""
    subprocess.run([str(_ROOT / "tools/bootstrap"), "--engine", engine, "--dev"], check=True)
    return _ROOT / "services/synth/engines" / engine / ".venv/bin/python"


@pytest.fixture(scope="module", params=ENGINES)
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


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workers(engine: str) -> AsyncIterator[Sequence[Service]]:
    """Two workers, not started: the engine's, and espeak's. Tests may end them."""
    workers = [worker_of(engine), Service("parlando_synth", {"SYNTH_ENGINE": "espeak"})]
    yield workers
    for worker in workers:
        await worker.end()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fragmenter() -> AsyncIterator[Service]:
    """A fragmenter, which keeps nothing of a call."""
    fragmenter = Service("parlando_fragmenter", {})
    await fragmenter.start()
    yield fragmenter
    await fragmenter.end()


@pytest_asyncio.fixture(loop_scope="module")
async def system(workers: Sequence[Service], fragmenter: Service) -> AsyncIterator[System]:
    """A router that knows nothing yet of its two workers, which serve."""
    for worker in workers:
        if worker.runs:
            worker.send(signal.SIGCONT)
        else:
            await worker.start()
    async with running(workers, fragmenter) as system:
        yield system
