"""Resolve every dependency into requirements.lock and requirements-dev.lock: the workspace's, each engine's.

The stock clients' have one lock, and another for Node.

    tools/lock.py              keep what is locked, add and remove what pyproject.toml files changed
    tools/lock.py --upgrade    the newest versions that the pyproject.toml files allow

The files hold versions and hashes for every supported Python and platform, and nothing that depends on
where the packages came from (docs/decisions/0005-locks.md).
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from environment import Project, clients, engine, engines, workspace


def own_packages(project: Project) -> list[str]:
    """Return the names of our own packages: they are installed from their folders."""
    folders = project.packages(dev=True)
    return [tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"] for folder in folders]


def resolve(project: Project, lock: Path, *arguments: str) -> None:
    """Write one lock file. What it already pins is kept where it still fits."""
    uv = str(Path(sys.executable).with_name("uv"))
    what = ["pyproject.toml", "--universal", "--python-version", "3.11"]
    form = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--output-file", lock.name]
    left_out = [argument for name in own_packages(project) for argument in ("--no-emit-package", name)]
    command = [uv, "pip", "compile", *what, *form, *left_out, *arguments]
    subprocess.run(command, cwd=project.folder, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Write both files of each project; the second has the first's versions."""
    upgrade = sys.argv[1:]
    for project in (workspace(), *(engine(name) for name in engines())):
        runtime, dev = project.lock(dev=False), project.lock(dev=True)
        resolve(project, runtime, *upgrade)
        resolve(project, dev, "--group", "dev", "--constraint", runtime.name, *upgrade)
    stock = clients()
    resolve(stock, stock.lock(dev=False), *upgrade)
    npm = [str(stock.venv / "bin" / "npm"), "install", "--package-lock-only", "--no-audit", "--no-fund"]
    # Hashes say what a package is: where it comes from does not matter.
    subprocess.run([*npm, "--omit-lockfile-registry-resolved"], cwd=stock.folder, check=True)


if __name__ == "__main__":
    main()
