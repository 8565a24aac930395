"""Which engines are started."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from parlando_client.supervisor.workers import Worker, local_workers


@pytest.fixture
def python(tmp_path: Path) -> str:
    """Kokoro's environment, as far as it is looked at."""
    python = tmp_path / "engines/kokoro/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    return str(python)


def _started(
    folder: Path, engine: str = "", count: int = 1, environment: Mapping[str, str] | None = None
) -> tuple[Worker, ...]:
    return local_workers(
        engine,
        50_061,
        count,
        projects=folder / "engines",
        models=folder / "models",
        environment=environment or {},
    )


def _fetched(folder: Path, *names: str) -> None:
    (folder / "models/kokoro").mkdir(parents=True)
    for name in names:
        (folder / "models/kokoro" / name).touch()


def test_espeak_alone_needs_nothing(tmp_path: Path) -> None:
    assert _started(tmp_path) == (Worker("synth", "espeak", 50_061, sys.executable),)


@pytest.mark.parametrize("network", ["kokoro-v1.0.onnx", "kokoro-v1.0.int8.onnx"])
def test_an_engine_with_its_files_comes_first(tmp_path: Path, python: str, network: str) -> None:
    _fetched(tmp_path, network, "voices-v1.0.bin")
    assert _started(tmp_path) == (
        Worker("synth-kokoro", "kokoro", 50_062, python),
        Worker("synth", "espeak", 50_061, sys.executable),
    )


@pytest.mark.parametrize("there", [(), ("kokoro-v1.0.onnx",), ("voices-v1.0.bin",)])
def test_an_engine_that_lacks_files_is_left_out(tmp_path: Path, python: str, there: tuple[str, ...]) -> None:
    _fetched(tmp_path, *there)
    assert [worker.engine for worker in _started(tmp_path)] == ["espeak"], python


def test_an_engine_without_its_environment_is_left_out(tmp_path: Path) -> None:
    _fetched(tmp_path, "kokoro-v1.0.onnx", "voices-v1.0.bin")
    assert [worker.engine for worker in _started(tmp_path)] == ["espeak"]


def test_one_may_be_named(tmp_path: Path, python: str) -> None:
    _fetched(tmp_path, "kokoro-v1.0.onnx", "voices-v1.0.bin")
    assert _started(tmp_path, "kokoro") == (Worker("synth", "kokoro", 50_061, python),)
    assert _started(tmp_path, "scripted") == (Worker("synth", "scripted", 50_061, sys.executable),)


def test_several_of_one_engine_can_lose_one(tmp_path: Path, python: str) -> None:
    _fetched(tmp_path, "kokoro-v1.0.onnx", "voices-v1.0.bin")
    assert [(worker.name, worker.engine, worker.port) for worker in _started(tmp_path, count=2)] == [
        ("synth-kokoro", "kokoro", 50_063),
        ("synth", "espeak", 50_061),
        ("synth-50062", "espeak", 50_062),
    ]
    assert {worker.python for worker in _started(tmp_path, "kokoro", count=2)} == {python}


def test_a_voice_is_enough_for_piper(tmp_path: Path, python: str) -> None:
    _fetched(tmp_path, "kokoro-v1.0.onnx", "voices-v1.0.bin")
    piper = tmp_path / "engines/piper/.venv/bin/python"
    piper.parent.mkdir(parents=True)
    piper.touch()
    voices = tmp_path / "models/piper"
    voices.mkdir()
    (voices / "en_US-lessac-medium.onnx").touch()
    assert [worker.engine for worker in _started(tmp_path)] == ["kokoro", "espeak"]
    (voices / "en_US-lessac-medium.onnx.json").touch()
    assert _started(tmp_path) == (
        Worker("synth-kokoro", "kokoro", 50_062, python),
        Worker("synth-piper", "piper", 50_063, str(piper)),
        Worker("synth", "espeak", 50_061, sys.executable),
    )


def test_an_engine_elsewhere_is_started_where_it_is_configured_and_nowhere_else(tmp_path: Path) -> None:
    python = tmp_path / "engines/openai/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    for environment in ({}, {"OPENAI_KEY": ""}, {"OPENAI_API_KEY": "of another program"}):
        assert [worker.engine for worker in _started(tmp_path, environment=environment)] == ["espeak"]
    both = {"OPENAI_KEY": "sk-1", "SPEACHES_BASE_URL": "http://gpu:8000/v1"}
    assert _started(tmp_path, environment=both) == (
        Worker("synth-openai", "openai", 50_062, str(python), elsewhere=True),
        Worker("synth-speaches", "speaches", 50_063, str(python), elsewhere=True),
        Worker("synth", "espeak", 50_061, sys.executable),
    )
    assert _started(tmp_path, "speaches", environment=both) == (
        Worker("synth", "speaches", 50_061, str(python), elsewhere=True),
    )


def test_an_engine_elsewhere_without_its_environment_is_left_out(tmp_path: Path) -> None:
    assert [worker.engine for worker in _started(tmp_path, environment={"OPENAI_KEY": "sk-1"})] == ["espeak"]


def test_every_engine_elsewhere_has_a_project_that_names_it() -> None:
    engines = Path(__file__).parents[3] / "services/synth/engines"
    listed = tomllib.loads(files("parlando_client").joinpath("services.toml").read_text())
    for name, about in listed.items():
        project = tomllib.loads((engines / about["project"] / "pyproject.toml").read_text())["project"]
        assert name in project["entry-points"]["parlando.engines"]
        assert about["variables"]
