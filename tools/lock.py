"""Resolve every dependency of the workspace into requirements.lock and requirements-dev.lock.

    tools/lock.py              keep what is locked, add and remove what pyproject.toml files changed
    tools/lock.py --upgrade    the newest versions that the pyproject.toml files allow

Both files hold versions and hashes for every supported Python and platform, and nothing that depends on
where the packages came from (docs/decisions/0005-locks.md).
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"


def own_packages() -> list[str]:
    """Return the names of the workspace's packages: they are installed from their folders."""
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]
    projects = [ROOT / member / "pyproject.toml" for member in workspace["members"]]
    return [tomllib.loads(project.read_text())["project"]["name"] for project in projects]


def resolve(lock: str, *arguments: str) -> None:
    """Write one lock file. What it already pins is kept where it still fits."""
    uv = str(Path(sys.executable).with_name("uv"))
    what = ["pyproject.toml", "--universal", "--python-version", "3.11"]
    form = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--output-file", lock]
    left_out = [argument for name in own_packages() for argument in ("--no-emit-package", name)]
    command = [uv, "pip", "compile", *what, *form, *left_out, *arguments]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Write both files; the second has the first's versions."""
    upgrade = sys.argv[1:]
    resolve(RUNTIME_LOCK, *upgrade)
    resolve(DEV_LOCK, "--group", "dev", "--constraint", RUNTIME_LOCK, *upgrade)


if __name__ == "__main__":
    main()
