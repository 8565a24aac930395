"""Make .venv from a lock: third-party packages by version and hash, our own by their folders.

    tools/bootstrap [--dev]                  the workspace's
    tools/bootstrap --engine kokoro [--dev]  an engine's own, in its folder
        … --torch "torch==2.13.0"            and this build of PyTorch, where it has none
    tools/bootstrap --clients                that of the stock clients in tests/conformance, Node's among them

tools/bootstrap finds a Python and runs this, on its standard library alone. uv does the work. It is fetched
into .uv/, in the version that the workspace's lock pins. What was done is noted in .venv, so that a second
run costs a few milliseconds. Of several at once, one works and the others wait for it.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import re
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ROOT / "services" / "synth" / "engines"
# Where no pyproject.toml has a say in what is installed: the workspace's leaves torch out of everything.
OUTSIDE = Path(ROOT.anchor)
CLIENTS = ROOT / "tests" / "conformance" / "clients"
UV_HOME = ROOT / ".uv"


@dataclass(frozen=True)
class Project:
    """What has locks and an environment of its own.

    Attributes:
        folder: where they are.
        members: folders of our packages in it, those of the tests included.
    """

    folder: Path
    members: tuple[Path, ...]

    @property
    def venv(self) -> Path:
        """The environment."""
        return self.folder / ".venv"

    @property
    def built_from(self) -> Path:
        """What the environment was made of."""
        return self.venv / ".built-from"

    def lock(self, *, dev: bool) -> Path:
        """Return the lock, with what the tests and checks need or without."""
        return self.folder / ("requirements-dev.lock" if dev else "requirements.lock")

    @property
    def node_lock(self) -> Path:
        """The lock of its packages for Node, where it has some."""
        return self.folder / "package-lock.json"

    @property
    def torch(self) -> Path:
        """The lock of torch, where the project needs it: apart, for a machine may offer another build."""
        return self.folder / "torch.lock"

    @property
    def torch_cpu(self) -> Path:
        """The lock of builds of torch for CPUs alone, which the index does not have."""
        return self.folder / "torch-cpu.lock"

    def packages(self, *, dev: bool) -> list[Path]:
        """Return the folders of our packages; the tests' own only where `dev`."""
        return [folder for folder in self.members if dev or ROOT / "tests" not in folder.parents]


def workspace() -> Project:
    """Return the project of all light services and clients."""
    members = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    return Project(ROOT, tuple(ROOT / member for member in members))


def engines() -> list[str]:
    """Return the names of the engines that are projects of their own."""
    return sorted(lock.parent.name for lock in ENGINES.glob("*/requirements.lock"))


def engine(name: str) -> Project:
    """Return the project of an engine, which has the worker in it, and the engine that it builds on."""
    folder = ENGINES / name
    sources = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["uv"]["sources"]
    return Project(folder, (*((folder / source["path"]).resolve() for source in sources.values()), folder))


def clients() -> Project:
    """Return the project of the stock clients; it has no package of ours, and one lock."""
    return Project(CLIENTS, ())


def fingerprint(project: Project, lock: Path, folders: list[Path]) -> str:
    """Return what the environment depends on, as a hash: the Python, the locks and the packages' metadata."""
    digest = hashlib.sha256(f"{sys.version} {sys.executable} {ROOT}".encode())
    apart = [path for path in (project.node_lock, project.torch, project.torch_cpu) if path.exists()]
    for path in (Path(__file__), lock, *apart, *(folder / "pyproject.toml" for folder in folders)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def pinned_uv() -> tuple[str, str]:
    """Return uv's version and its requirement with hashes, as the lock has them."""
    found = re.search(r"^uv==(\S+) (?:.*\\\n)+.*\n", workspace().lock(dev=True).read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit("bootstrap: requirements-dev.lock does not pin uv")
    return found[1], found[0]


def uv() -> str:
    """Return the path of the pinned uv, fetching it first where need be."""
    version, requirement = pinned_uv()
    home = UV_HOME / version
    in_venv, in_target = home / "bin" / "uv", home / "packages" / "bin" / "uv"
    for binary in (in_venv, in_target):
        if binary.exists():
            return str(binary)
    home.mkdir(parents=True, exist_ok=True)
    wanted = home / "requirements.txt"
    wanted.write_text(requirement)
    if importlib.util.find_spec("ensurepip"):
        run([sys.executable, "-m", "venv", str(home)])
        pip, binary = [str(home / "bin" / "python"), "-m", "pip", "install"], in_venv
    elif importlib.util.find_spec("pip"):  # Debian without python3-venv
        pip, binary = [sys.executable, "-m", "pip", "install", "--target", str(home / "packages")], in_target
    else:
        raise SystemExit(
            f"bootstrap: {sys.executable} has neither ensurepip nor pip, so nothing can be installed with "
            "it; on Debian and Ubuntu: apt-get install python3-venv",
        )
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    run([*pip, *quiet, "--requirement", str(wanted)])
    return str(binary)


def run(command: list[str], *, within: Path = ROOT) -> None:
    """Run a command that says nothing unless it fails; end with what it said if it does."""
    if failure := failure_of(command, within=within):
        raise SystemExit(failure)


def failure_of(command: list[str], *, within: Path = ROOT) -> str:
    """Run a command and return "", or what there is to say of its failure."""
    # uv trusts its own list of authorities, pip the machine's as well: behind a company's proxy only the
    # machine's will do.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ} if machine_has_authorities() else None
    done = subprocess.run(command, cwd=within, env=environment, capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    return f"bootstrap: {' '.join(command)} failed:\n{done.stdout}{done.stderr}".rstrip()


def machine_has_authorities() -> bool:
    """Tell whether this machine has certificates of authorities, where Python looks for them."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


def build(project: Project, lock: Path, folders: list[Path]) -> None:
    """Install what `lock` pins and the packages in `folders`, making the environment anew where need be."""
    command, venv = uv(), project.venv
    if not made_by_this_python(venv):
        new = ["venv", "--quiet", "--clear", "--no-python-downloads", "--python", sys.executable]
        run([command, *new, str(venv)])
    install = [command, "pip", "install", "--quiet", "--python", str(venv)]
    if project.torch.exists():
        install_torch(project, install)
    # A lock names all there is to install: what one of it asks for besides was left out on purpose.
    run([*install, "--no-deps", "--require-hashes", "--requirement", str(lock)], within=OUTSIDE)
    if folders:
        editable = [argument for folder in folders for argument in ("--editable", str(folder))]
        run([*install, "--no-deps", *editable])
    if project.node_lock.exists():  # the environment has a Node of its own
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]
        run([str(venv / "bin" / "npm"), "ci", "--prefix", str(project.folder), *quiet])


def install_torch(project: Project, install: list[str]) -> None:
    """Install a build of torch for CPUs alone where the machine offers one, else the index's.

    On Linux the index's brings CUDA's libraries, gigabytes of them: right beside a GPU, and it works without.
    """
    locked = [*install, "--no-deps", "--require-hashes", "--requirement"]
    folders = find_links()
    if folders and not failure_of([*locked, str(project.torch_cpu), "--no-index", *folders], within=OUTSIDE):
        return
    print("Fetching torch with what it may need of CUDA: no build without is offered here …", file=sys.stderr)
    run([*locked, str(project.torch)], within=OUTSIDE)


def add_torch(project: Project, requirement: str) -> None:
    """Install a build of torch that no lock names, unless the environment has one."""
    python = str(project.venv / "bin" / "python")
    if failure_of([python, "-c", "import torch"]):
        install = [uv(), "pip", "install", "--quiet", "--python", python]
        run([*install, *find_links(), requirement], within=OUTSIDE)


def find_links() -> list[str]:
    """Return uv's options for where pip looks for packages besides the index, which uv does not read."""
    tell = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(tell, capture_output=True, text=True, check=False).stdout
    places = {place for places in re.findall(r"find-links='(.*)'", told) for place in places.split()}
    return [argument for place in sorted(places) for argument in ("--find-links", place)]


def made_by_this_python(venv: Path) -> bool:
    """Tell whether an environment is there and has the version of this interpreter."""
    python = venv / "bin" / "python"
    if not python.exists():
        return False
    tell = [str(python), "-c", "import sys; print(sys.version)"]
    made = subprocess.run(tell, capture_output=True, text=True, check=False)
    return made.stdout.strip() == sys.version.strip()


def main() -> None:
    """Bring an environment up to date with its lock."""
    parser = argparse.ArgumentParser(prog="bootstrap", description="Make the project's environment.")
    parser.add_argument("--dev", action="store_true", help="with what the tests and checks need")
    parser.add_argument("--engine", choices=engines(), help="the environment of this engine")
    parser.add_argument("--clients", action="store_true", help="the environment of the stock clients")
    parser.add_argument("--torch", metavar="REQUIREMENT", help="PyTorch for an engine that locks none")
    arguments = parser.parse_args()
    if arguments.clients:
        project = clients()
    else:
        project = engine(arguments.engine) if arguments.engine else workspace()
    bring_up_to_date(project, dev=arguments.dev)
    if arguments.torch:
        with alone():
            add_torch(project, arguments.torch)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else installs anything into this checkout, and keep others from it meanwhile."""
    UV_HOME.mkdir(exist_ok=True)
    with (UV_HOME / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another bootstrap of this checkout …", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wanted_of(project: Project, *, dev: bool) -> tuple[Path, list[Path], str]:
    """Return the lock and the folders that an environment is to be made of, and how that is noted in it."""
    # An environment that can test can also serve: `make up` after `make test` rebuilds nothing.
    dev = dev or _noted(project).startswith("dev ")
    lock, folders = project.lock(dev=dev), project.packages(dev=dev)
    return lock, folders, f"{'dev' if dev else 'runtime'} {fingerprint(project, lock, folders)}\n"


def is_made(project: Project, note: str) -> bool:
    """Tell whether an environment is there, and made of what a note says."""
    return _noted(project) == note and made_by_this_python(project.venv)


def _noted(project: Project) -> str:
    return project.built_from.read_text() if project.built_from.exists() else ""


def bring_up_to_date(project: Project, *, dev: bool) -> None:
    """Make a project's environment of its lock, unless it is."""
    *_, note = wanted_of(project, dev=dev)
    if is_made(project, note):
        return
    with alone():
        lock, folders, note = wanted_of(project, dev=dev)
        if is_made(project, note):  # by whom this has waited for
            return
        print("Fetching packages …", file=sys.stderr, flush=True)
        project.built_from.unlink(missing_ok=True)
        build(project, lock, folders)
        project.built_from.write_text(note)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("bootstrap: interrupted; run it again to go on", file=sys.stderr)
        sys.exit(130)  # as a shell says of what Ctrl-C has ended
