"""What the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tiny import write_network, write_voices


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder with voices.bin and tiny.onnx."""
    with TemporaryDirectory() as name:
        write_network(Path(name) / "tiny.onnx")
        write_voices(Path(name) / "voices.bin")
        yield Path(name)
