"""Engines that are projects of their own: what they may import, and that their locks fit them."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[2]
_PROJECTS = sorted(lock.parent for lock in (_ROOT / "services/synth/engines").glob("*/requirements.lock"))
# Of the worker an engine knows the port, what engines with networks share, and what remote ones do; of the
# kit errors and ledger.
_OURS = re.compile(
    r"parlando_kit\.(errors|ledger|settings|spans|tasks)"
    r"|parlando_synth\.(cloned_voice|description|engine|events|feelings|job|lanes|languages|mix_folder|mixed_voice"
    r"|narration|networks|pace|pronunciation|reading|reference_clip|shared|spelling|stop_flag|threaded|turns|untimed"
    r"|voice|voice_folder)"
    r"|parlando_synth\.remote\.(departure|engine|g711|pcm|prices|settings|trouble|vendor)"
)


def _imported(package: Path) -> Iterator[str]:
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                yield node.module
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)


def test_there_are_such_engines() -> None:
    assert "kokoro" in [project.name for project in _PROJECTS]


@pytest.mark.parametrize("project", _PROJECTS, ids=lambda project: project.name)
def test_an_engine_knows_the_engine_port_alone(project: Path) -> None:
    # An engine may build on another one, as kokoro-gpu does on kokoro.
    sources = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["uv"]["sources"]
    folders = [project, *((project / source["path"]).resolve() for source in sources.values())]
    engines = [each.name.replace("-", "_") for each in folders if each.parent == project.parent]
    own = re.compile(rf"parlando_({'|'.join(engines)})(\..*)?")
    ours = {name for name in _imported(project / "src") if name.startswith("parlando")}
    assert {name for name in ours if not own.fullmatch(name) and not _OURS.fullmatch(name)} == set()


@pytest.mark.parametrize("project", _PROJECTS, ids=lambda project: project.name)
def test_an_engine_is_locked_by_version_and_hash_and_nothing_else(project: Path) -> None:
    asked = tomllib.loads((project / "pyproject.toml").read_text())
    for lock, wanted in (
        ("requirements.lock", asked["project"]["dependencies"]),
        ("requirements-dev.lock", asked["dependency-groups"]["dev"]),
    ):
        entries = (project / lock).read_text().replace("\\\n", " ").splitlines()
        if (project / "torch.lock").exists():  # which build of it is there is for the machine to say
            entries += (project / "torch.lock").read_text().replace("\\\n", " ").splitlines()
        form = re.compile(r"[\w.-]+==[\w.]+( ; [^;#@/]+?)? +(--hash=sha256:[0-9a-f]{64} *)+")
        assert [entry for entry in entries if not form.fullmatch(entry)] == []
        pinned = {
            (canonicalize_name(requirement.name), str(requirement.specifier).removeprefix("=="))
            for requirement in (Requirement(entry.partition(" --hash")[0]) for entry in entries)
        }
        for requirement in map(Requirement, wanted):
            name = canonicalize_name(requirement.name)
            if not name.startswith("parlando"):
                versions = [version for pin, version in pinned if pin == name]
                assert versions, f"{name}: run `make lock`"
                assert all(version in requirement.specifier for version in versions), name
