"""The locks pin what the packages ask for, by hash, and say nothing of where it comes from."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

_ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())
_RUNTIME, _DEV = "requirements.lock", "requirements-dev.lock"
_LOCKS = (_RUNTIME, _DEV)
_CLIENTS = "tests/conformance/clients"
_SUPPORTED = ("3.11.0", "3.11.9", "3.12.0", "3.13.0")


def _entries(lock: str) -> list[str]:
    """Return each requirement of a lock with its hashes, as one line."""
    joined = (_ROOT / lock).read_text().replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip()]


def _environment(python: str) -> dict[str, str]:
    """Return what markers see of a version of Python on Linux."""
    return {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def _versions(lock: str, python: str) -> dict[str, Version]:
    """Return what a lock installs."""
    versions: dict[str, Version] = {}
    for entry in _entries(lock):
        requirement = Requirement(entry.partition(" --hash")[0])
        if requirement.marker is None or requirement.marker.evaluate(_environment(python)):
            (pin,) = requirement.specifier
            assert canonicalize_name(requirement.name) not in versions, requirement
            versions[canonicalize_name(requirement.name)] = Version(pin.version)
    return versions


def _members() -> list[dict[str, Any]]:
    folders = _PROJECT["tool"]["uv"]["workspace"]["members"]
    return [tomllib.loads((_ROOT / folder / "pyproject.toml").read_text())["project"] for folder in folders]


def _asked_for(lock: str) -> list[Requirement]:
    """Return what our packages ask for of others."""
    own = {member["name"]: member["dependencies"] for member in _members()}
    lists = list(own.values()) if lock == _DEV else [own[name] for name in own if name != "parlando-scripted"]
    lists += [_PROJECT["dependency-groups"]["dev"]] if lock == _DEV else []
    requirements = [Requirement(each) for dependencies in lists for each in dependencies]
    return [requirement for requirement in requirements if requirement.name not in own]


@pytest.mark.parametrize("lock", [*_LOCKS, f"{_CLIENTS}/{_RUNTIME}"])
def test_a_lock_holds_versions_and_hashes_and_nothing_else(lock: str) -> None:
    name_and_version = r"[\w.-]+(\[[\w,.-]+\])?==[\w.]+"
    entry = re.compile(rf"{name_and_version}( ; [^;#@/]+?)? +(--hash=sha256:[0-9a-f]{{64}} *)+")
    assert [line for line in _entries(lock) if not entry.fullmatch(line)] == []


@pytest.mark.parametrize("python", _SUPPORTED)
@pytest.mark.parametrize("lock", _LOCKS)
def test_a_lock_satisfies_what_the_packages_ask_for(lock: str, python: str) -> None:
    versions = _versions(lock, python)
    unmet = [
        str(requirement)
        for requirement in _asked_for(lock)
        if (requirement.marker is None or requirement.marker.evaluate(_environment(python)))
        and not _met(requirement, versions)
    ]
    assert unmet == [], "run `make lock`"


def _met(requirement: Requirement, versions: dict[str, Version]) -> bool:
    version = versions.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("python", _SUPPORTED)
def test_tests_run_with_the_versions_that_services_run_with(python: str) -> None:
    runtime, dev = _versions(_RUNTIME, python), _versions(_DEV, python)
    assert {name: dev.get(name) for name in runtime} == runtime


def test_nodes_lock_holds_hashes_and_says_nothing_of_where_packages_come_from() -> None:
    lock = json.loads((_ROOT / _CLIENTS / "package-lock.json").read_text())["packages"]
    assert (
        lock.pop("")["dependencies"]
        == json.loads((_ROOT / _CLIENTS / "package.json").read_text())["dependencies"]
    )
    assert len(lock) > 10
    assert [name for name, package in lock.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in lock.items() if "resolved" in package] == []


def test_the_lock_of_the_resolver_is_not_committed() -> None:
    assert "uv.lock" in (_ROOT / ".gitignore").read_text().splitlines()
