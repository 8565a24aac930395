"""The import contracts of pyproject.toml hold, and they cover every package there is."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

_ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())
_CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract for contract in _PROJECT["tool"]["importlinter"]["contracts"]
}
_PACKAGES: list[str] = _PROJECT["tool"]["importlinter"]["root_packages"]
_TRANSLATORS: list[str] = _CONTRACTS["only translators touch the wire"]["allowed_importers"]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of our packages."""
    return grimp.build_graph(*_PACKAGES, include_external_packages=True, cache_dir=None)


def _own_packages() -> set[str]:
    members = _PROJECT["tool"]["uv"]["workspace"]["members"]
    projects = [tomllib.loads((_ROOT / member / "pyproject.toml").read_text()) for member in members]
    return {project["tool"]["uv"]["build-backend"]["module-name"] for project in projects} - {"parlando"}


def test_the_contracts_hold() -> None:
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    checked = subprocess.run(lint, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_contracts_cover_every_package_of_the_workspace() -> None:
    assert set(_PACKAGES) == _own_packages()
    assert sorted(_PACKAGES) == _PACKAGES
    layers = _CONTRACTS["kit, services that know nothing of one another, engines and what joins services"][
        "layers"
    ]
    placed = {name for layer in layers for name in layer.split(" | ")}
    assert placed == set(_PACKAGES) - {"parlando_client"}
    services = set(_PACKAGES) - {"parlando_client"}
    assert set(_CONTRACTS["the client imports no service"]["forbidden_modules"]) == services


def test_the_modules_that_contracts_name_are_there(graph: grimp.ImportGraph) -> None:
    named = {name for contract in _CONTRACTS.values() for name in _names(contract) if "*" not in name}
    assert named - graph.modules == set()


def test_domain_code_imports_nothing_that_touches_the_wire(graph: grimp.ImportGraph) -> None:
    outer = {
        module
        for module in graph.modules
        if module in _TRANSLATORS or module.endswith((".__main__", ".assembly", ".servicer"))
    } - set(_PACKAGES)
    reached_back = {
        (importer, module)
        for module in outer
        for importer in graph.find_modules_that_directly_import(module)
        if importer not in outer
    }
    assert reached_back == set()


def test_nothing_imports_a_main(graph: grimp.ImportGraph) -> None:
    mains = {module for module in graph.modules if module.endswith(".__main__")}
    assert mains
    assert [main for main in mains if graph.find_modules_that_directly_import(main)] == []


def test_the_import_graph_of_each_package_has_no_cycle(graph: grimp.ImportGraph) -> None:
    cycles = {
        package: [sorted({importer, imported}) for importer, imported in _two_way_imports(graph, package)]
        for package in _PACKAGES
    }
    assert cycles == {package: [] for package in _PACKAGES}


def _two_way_imports(graph: grimp.ImportGraph, package: str) -> list[tuple[str, str]]:
    """Return the imports of a package whose target reaches back to their origin."""
    modules = graph.find_descendants(package)
    return [
        (module, imported)
        for module in sorted(modules)
        for imported in sorted(graph.find_modules_directly_imported_by(module) & modules)
        if graph.chain_exists(importer=imported, imported=module)
    ]


def _names(contract: dict[str, Any]) -> list[str]:
    lists = ("allowed_importers", "forbidden_modules", "protected_modules", "source_modules")
    return [name for key in lists for name in contract.get(key, [])]
