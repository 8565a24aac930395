"""Who is asked how a text would be pronounced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span
from parlando_router.engines import Engines
from parlando_router.ports import Pronunciation, Synthesis, SynthesisRequest
from parlando_router.pronouncing import pronounce
from parlando_router.request import SpeechSettings
from parlando_scripted.clock import ManualClock
from tests.unit.router.cast import description, idle_worker, voice
from tests.unit.router.scripted_fragmenter import ScriptedFragmenter


class _Teller:
    """A worker that pronounces a word by its length."""

    def synthesize(self, request: SynthesisRequest) -> Synthesis:
        raise AssertionError(f"{request.synthesis_id} was to be spoken")

    async def phonemize(self, text: str, voice: str, language: str) -> Pronunciation:
        return Pronunciation(voice or language, str(len(text)), [(Span(0, len(text)), str(len(text)))])


def _engines(*, tells: bool = True) -> Engines:
    """Return an engine that does not tell, and one behind it that may."""
    engines = Engines(ManualClock())
    engines.add("e:1", idle_worker())
    engines.answered("e:1", description("espeak"), (voice("gmw/en"),))
    engines.add("k:1", _Teller())
    engines.answered("k:1", replace(description("kokoro"), phonemizes=tells), (voice("af_bella"),))
    return engines


async def test_the_first_that_tells_is_asked_fragment_by_fragment() -> None:
    text = "The first one. The second."
    told = await pronounce(text, SpeechSettings(language="en"), ScriptedFragmenter(), _engines())
    assert (told.engine, told.voice) == ("kokoro", "en")
    assert [phonemes for _, phonemes in told.words] == told.phonemes.split()
    assert len(told.words) > 1
    assert "".join(text[span.start : span.end] for span, _ in told.words).replace(" ", "") == text.replace(
        " ", ""
    )


async def test_nobody_tells() -> None:
    with pytest.raises(ParlandoError) as refused:
        await pronounce("A word.", SpeechSettings(), ScriptedFragmenter(), _engines(tells=False))
    assert (refused.value.reason, refused.value.field) == (Reason.NOT_SUPPORTED, "settings.engine")


async def test_the_engine_that_was_named_is_the_one_that_is_asked() -> None:
    with pytest.raises(ParlandoError) as refused:
        await pronounce("A word.", SpeechSettings(engine="espeak"), ScriptedFragmenter(), _engines())
    assert refused.value.reason is Reason.NOT_SUPPORTED
