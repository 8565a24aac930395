"""What the engine's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from tiny import write_network, write_voices

# A busy machine must not fail a property; in CI the same cases are tried each time.
settings.register_profile("parlando", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("parlando")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder with voices.bin and tiny.onnx."""
    with TemporaryDirectory() as name:
        write_network(Path(name) / "tiny.onnx")
        write_voices(Path(name) / "voices.bin")
        yield Path(name)


@pytest.fixture(scope="session", autouse=True)
def _no_mixes_of_ones_own(folder: Path) -> Iterator[None]:
    """Whoever runs the tests may keep mixtures at home, which are none of theirs."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KOKORO_MIXES", str(folder / "mixes"))
        yield
