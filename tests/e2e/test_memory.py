"""What the whole local system takes of this machine's memory, Envoy and the supervisor included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from websockets.sync.client import connect

from tests.e2e.conftest import running_up

if TYPE_CHECKING:
    from tests.e2e.conftest import Mark

_MOST_MEGABYTES = 600
_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
_TEXT = "Early in the morning the harbour is quiet, and only the gulls are awake. " * 5
_PROCESSES = {"envoy", "edge", "router", "session", "fragmenter", "synth", "parlando"}


def pss_megabytes(mark: Mark) -> dict[str, float]:
    """Return each process's proportional share of memory, by its command."""
    return {
        " ".join(process.cmdline()[:4])[:120]: process.memory_full_info().pss / 1e6
        for process in mark.processes()
    }


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells PSS")
def test_the_local_system_that_has_spoken_every_format_takes_less_than_600_mb(
    ports: dict[str, int], tmp_path: Path
) -> None:
    environment = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    place = f"127.0.0.1:{ports['envoy']}"
    with (
        (tmp_path / "log").open("wb") as log,
        running_up({**environment, "SYNTH_ENGINE": "espeak"}, log) as mark,
    ):
        for kind in _FORMATS:
            asked = {"input": _TEXT, "voice": "alloy", "response_format": kind}
            assert httpx2.post(f"http://{place}/v1/audio/speech", json=asked, timeout=60).status_code == 200
        with connect(f"ws://{place}/v1/realtime") as socket:
            content = [{"type": "input_text", "text": "Good morning."}]
            said = {
                "conversation": "none",
                "input": [{"type": "message", "role": "user", "content": content}],
            }
            socket.send(json.dumps({"type": "response.create", "response": said}))
            while (event := json.loads(socket.recv(timeout=30)))["type"] != "response.done":
                pass
            assert event["response"]["status"] == "completed"
        taken = pss_megabytes(mark)
    assert all(any(name in command for command in taken) for name in _PROCESSES), taken
    assert sum(taken.values()) < _MOST_MEGABYTES, taken
