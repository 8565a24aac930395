"""What the engine's tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from speech import speech
from tiny import tiny

from parlando_chatterbox.engine import ChatterboxEngine, ChatterboxInstance
from parlando_chatterbox.models import MODELS, Chatterbox
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_synth.cloned_voice import ClonedVoice, voice_id
from parlando_synth.reference_clip import ReferenceClip
from parlando_synth.voice_folder import SUFFIX

# A busy machine must not fail a property; in CI the same cases are tried each time.
settings.register_profile("parlando", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("parlando")


@pytest.fixture(scope="session", params=MODELS)
def each(request: pytest.FixtureRequest) -> Chatterbox:
    """Each of the models, small."""
    return tiny(MODELS[request.param])


@pytest.fixture(scope="session")
def english() -> Chatterbox:
    """The English model, small."""
    return tiny(MODELS["english"])


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    """A folder of cloned voices, empty."""
    return tmp_path


@pytest.fixture
def engine(english: Chatterbox, voices: Path) -> ChatterboxEngine:
    """The engine with the small English model; it is not loaded."""
    return ChatterboxEngine(ChatterboxSettings(voices=voices, threads=1, live=1), lambda _model: english)


@pytest.fixture
def instance(engine: ChatterboxEngine) -> Iterator[ChatterboxInstance]:
    """An instance of it, open."""
    instance = engine.open()
    yield instance
    instance.close()


@pytest.fixture
def clone(voices: Path) -> Callable[..., ClonedVoice]:
    """Returns a voice that was cloned from somebody who hums, and puts it into the folder."""

    def cloned(name: str, hertz: float, language: str = "en-GB") -> ClonedVoice:
        clip = ReferenceClip(speech(6, hertz)).wav()
        voice = ClonedVoice(
            id=voice_id(name, clip),
            name=name,
            language=language,
            licence="CC0-1.0",
            consent_note="nobody: it is a hum",
            clip=clip,
        )
        (voices / f"{voice.id}{SUFFIX}").write_bytes(voice.document())
        return voice

    return cloned
