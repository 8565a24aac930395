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
from tempfile import NamedTemporaryFile

from environment import Project, clients, engine, engines, workspace


def own_packages(project: Project) -> list[str]:
    """Return the names of our own packages: they are installed from their folders."""
    folders = project.packages(dev=True)
    return [tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"] for folder in folders]


def resolve(project: Project, lock: Path, *arguments: str) -> None:
    """Write one lock file. What it already pins is kept where it still fits."""
    apart = ["torch"] if project.torch.exists() else []
    without = [*own_packages(project), *apart]
    left_out = [argument for name in without for argument in ("--no-emit-package", name)]
    compile_lock(project, lock, "pyproject.toml", *left_out, *arguments)


def resolve_torch(project: Project, *arguments: str) -> None:
    """Write torch's own lock: all that the index's build asks for, in the versions of the other locks."""
    asked = tomllib.loads((project.folder / "pyproject.toml").read_text())["project"]["dependencies"]
    with NamedTemporaryFile("w", suffix=".in") as wanted:
        wanted.write(next(one for one in asked if one.startswith("torch==")))
        wanted.flush()
        # What pyproject.toml files say of torch is for the other locks.
        versions = ["--constraint", project.lock(dev=False).name]
        compile_lock(project, project.torch, wanted.name, "--no-config", *versions, *arguments)


def compile_lock(project: Project, lock: Path, wanted: str, *arguments: str) -> None:
    """Have uv write a lock of what `wanted` asks for."""
    uv = str(Path(sys.executable).with_name("uv"))
    form = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--output-file", lock.name]
    command = [uv, "pip", "compile", wanted, "--universal", "--python-version", "3.11", *form, *arguments]
    subprocess.run(command, cwd=project.folder, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Write both files of each project; the second has the first's versions."""
    upgrade = sys.argv[1:]
    for project in (workspace(), *(engine(name) for name in engines())):
        runtime, dev = project.lock(dev=False), project.lock(dev=True)
        resolve(project, runtime, *upgrade)
        resolve(project, dev, "--group", "dev", "--constraint", runtime.name, *upgrade)
        if project.torch.exists():
            resolve_torch(project, *upgrade)
    stock = clients()
    resolve(stock, stock.lock(dev=False), *upgrade)
    npm = [str(stock.venv / "bin" / "npm"), "install", "--package-lock-only", "--no-audit", "--no-fund"]
    # Hashes say what a package is: where it comes from does not matter.
    subprocess.run([*npm, "--omit-lockfile-registry-resolved"], cwd=stock.folder, check=True)


if __name__ == "__main__":
    main()
