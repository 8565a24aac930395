"""`parlando up` where a larger engine's files are there: it is started, and speaks first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from parlando_client import Client, Started
from tests.e2e.conftest import running_through
from tests.e2e.through import PATIENCE

_ROOT = Path(__file__).parents[2]
_KOKORO = _ROOT / "services/synth/engines/kokoro"
_WRITE = """
import sys
from pathlib import Path
from tiny import write_network, write_voices

folder = Path(sys.argv[1])
write_network(folder / "kokoro-v1.0.onnx")
write_voices(folder / "voices-v1.0.bin")
"""


def test_kokoro_speaks_first_once_its_files_are_there(tmp_path: Path) -> None:
    models = tmp_path / ".local/share/parlando/models"
    (models / "kokoro").mkdir(parents=True)
    subprocess.run([str(_ROOT / "tools/bootstrap"), "--engine", "kokoro", "--dev"], check=True)
    subprocess.run(
        [str(_KOKORO / ".venv/bin/python"), "-c", _WRITE, str(models / "kokoro")],
        env={**os.environ, "PYTHONPATH": str(_KOKORO / "tests")},
        check=True,
    )
    # What `make up` asks, to bring those environments up to date.
    parlando = Path(sys.executable).with_name("parlando")
    told = subprocess.run(
        [str(parlando), "models", "engines", "--folder", str(models)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["kokoro"]
    with (
        running_through(tmp_path / "log", "", HOME=str(tmp_path)) as system,
        Client(system.address) as client,
    ):
        deadline = time.monotonic() + PATIENCE  # the router asks its workers now and then
        while [engine.name for engine in client.list_engines()] != ["kokoro", "espeak"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        began = next(event for event in client.say("Orange lamp.") if isinstance(event, Started))
        assert (began.engine, began.voice) == ("kokoro", "af_heart")
