"""Rules of the house that a look at the files can check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from parlando_kit import telemetry_names

_ROOT = Path(__file__).parents[2]
_NOT_OURS = {"__pycache__", ".venv", "node_modules"}
_SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
_TELEMETRY_NAME = re.compile(r"parlando\.[a-z_.]+")
_MEASURES = re.compile(r"create_(\w+_)?(counter|gauge|histogram)|seconds|gauge")


def _files(*patterns: str) -> list[Path]:
    """Return files of ours by pattern."""
    found = [path for pattern in patterns for path in _ROOT.glob(pattern) if _NOT_OURS.isdisjoint(path.parts)]
    assert found, patterns
    return sorted(found)


def _sources() -> list[Path]:
    """Return our packages' modules, generated code left out."""
    return _files("services/**/src/**/*.py", "clients/python/src/**/*.py")


def _everything() -> list[Path]:
    """Return every module of ours, tests and tools among them."""
    return [*_sources(), *_files("tests/**/*.py", "tools/**/*.py", "bench/**/*.py")]


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def test_names_say_what_a_module_holds() -> None:
    assert [_name(path) for path in _everything() if path.stem in _SAYS_NOTHING] == []


def test_no_module_is_longer_than_a_reader_keeps_in_mind() -> None:
    long = {_name(path): len(path.read_text().splitlines()) for path in _sources()}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}


def test_a_main_reads_like_a_bill_of_materials() -> None:
    mains = [path for path in _sources() if path.name == "__main__.py"]
    assert mains
    long = {_name(path): len(path.read_text().splitlines()) for path in mains}
    assert {name: lines for name, lines in long.items() if lines > 80} == {}


def test_every_package_says_that_it_is_typed() -> None:
    packages = {
        path.parent for path in _sources() if path.name == "__init__.py" and path.parent.parent.name == "src"
    }
    assert len(packages) > 5
    assert [_name(package) for package in packages if not (package / "py.typed").exists()] == []


def test_services_read_the_environment_in_their_settings_alone() -> None:
    reading = [
        _name(path)
        for path in _files("services/**/src/**/*.py")
        for node in _nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert reading == []


def test_telemetry_has_no_name_but_those_of_the_list() -> None:
    elsewhere = [
        (_name(path), node.value)
        for path in _files("services/**/src/**/*.py")
        if path.name != "telemetry_names.py"
        for node in _strings_but_scopes(path)
        if _TELEMETRY_NAME.fullmatch(str(node.value))
        and node.value != "parlando.engines"  # entry points
        and not str(node.value).startswith("parlando.text.")  # events of Realtime
    ]
    assert elsewhere == []


def test_every_measure_is_named_by_the_list() -> None:
    literal = [
        (_name(path), node.lineno)
        for path in _files("services/**/src/**/*.py")
        for node in _nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and _MEASURES.fullmatch(node.func.attr)
        and any(isinstance(argument, ast.Constant | ast.JoinedStr) for argument in node.args[:1])
    ]
    assert literal == []


def test_every_name_of_the_list_is_used() -> None:
    names = {name: value for name, value in vars(telemetry_names).items() if name.isupper()}
    assert all(_TELEMETRY_NAME.fullmatch(value) for value in names.values())
    assert len(set(names.values())) == len(names)
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for path in _files("services/**/src/**/*.py")
        if path.name != "telemetry_names.py"
        for node in _nodes(path)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert names.keys() - used == set()


def _strings_but_scopes(path: Path) -> list[ast.Constant]:
    """Return a module's strings, without the names of tracers: those name the code that measures."""
    nodes = list(_nodes(path))
    scopes = {
        argument
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get_tracer"
        for argument in node.args
    }
    return [
        node
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in scopes
    ]


def test_what_the_client_may_not_import_from_the_services_is_the_same_there() -> None:
    client, kit = (
        ast.parse((_ROOT / folder / "true_status.py").read_text()).body[1:]  # but for what it says of itself
        for folder in ("clients/python/src/parlando_client", "services/kit/src/parlando_kit")
    )
    assert len(client) > 1
    assert [ast.unparse(node) for node in client] == [ast.unparse(node) for node in kit]
