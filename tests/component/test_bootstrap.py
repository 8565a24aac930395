"""What tools/bootstrap says when it is interrupted."""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bare_checkout(folder: Path) -> Path:
    """Copy what the environment is made of, and none of it made."""
    members = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    wanted = [f"{member}/pyproject.toml" for member in members]
    for name in ("tools/environment.py", "pyproject.toml", "requirements.lock", *wanted):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_ctrl_c_ends_it_with_one_line_and_no_traceback(tmp_path: Path) -> None:
    checkout = bare_checkout(tmp_path)
    (checkout / ".uv").mkdir()
    with (checkout / ".uv" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # Whoever starts the tests in the background has SIGINT ignored by them, and by what they start.
        usual = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            started = subprocess.Popen(
                [sys.executable, checkout / "tools" / "environment.py"], stderr=subprocess.PIPE, text=True
            )
        finally:
            signal.signal(signal.SIGINT, usual)
        assert started.stderr is not None
        assert started.stderr.readline() == "Waiting for another bootstrap of this checkout …\n"
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=30)
    assert (started.returncode, said) == (130, "bootstrap: interrupted; run it again to go on\n")
