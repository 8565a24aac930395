"""Several bootstraps of one checkout do not work at once."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ABOUT = """
import sys
from pathlib import Path
from tools import environment
environment.UV_HOME = Path(sys.argv[1]) / ".uv"
project = environment.Project(Path(sys.argv[1]), ())
"""
_MAKE = _ABOUT + "environment.bring_up_to_date(project, dev=False)"
_MADE = _ABOUT + "project.built_from.write_text(environment.wanted_of(project, dev=False)[2])"


def test_a_second_one_waits_for_the_first_and_finds_all_done(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".uv").mkdir()
    command = [sys.executable, "-c", _MAKE, str(tmp_path)]
    with (tmp_path / ".uv" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            assert second.stderr.readline() == "Waiting for another bootstrap of this checkout …\n"
            subprocess.run([sys.executable, "-c", _MADE, str(tmp_path)], cwd=_ROOT, check=True)
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert second.stderr.read() == ""  # it fetches nothing
            assert second.wait() == 0
