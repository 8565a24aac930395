"""What the engine's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from tiny import write_voice

from parlando_piper.engine import PiperEngine, PiperInstance
from parlando_piper.settings import PiperSettings

# A busy machine must not fail a property; in CI the same cases are tried each time.
settings.register_profile("parlando", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("parlando")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder with en_US-tiny-low and the three speakers of en_GB-choir-medium."""
    with TemporaryDirectory() as name:
        write_voice(Path(name))
        write_voice(Path(name), "en_GB-choir-medium", several=True)
        yield Path(name)


@pytest.fixture
def instance(folder: Path) -> Iterator[PiperInstance]:
    engine = PiperEngine(PiperSettings(voices=folder, default_voice="en_US-tiny-low", threads=1, live=1))
    instance = engine.open()
    yield instance
    instance.close()
