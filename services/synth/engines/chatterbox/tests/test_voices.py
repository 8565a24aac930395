"""Voices that are cloned: how they are kept, made ready, and how loud they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from speech import FOUR, ONE, Clone, pcm, speak, speech
from tiny import tiny

from parlando_chatterbox.conditioning import LOUDNESS, Conditioning, _even
from parlando_chatterbox.engine import ChatterboxEngine, ChatterboxInstance
from parlando_chatterbox.interruption import Interruption
from parlando_chatterbox.loudness import gain
from parlando_chatterbox.models import MODELS, Chatterbox
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_chatterbox.voices import BUILT_IN, VoiceBook
from parlando_chatterbox.wave import RATE
from parlando_kit.clock import MonotonicClock
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import VoiceChange, VoiceTerms, VoiceUpload
from parlando_synth.engine import Engine, Warmth
from parlando_synth.job import Job
from parlando_synth.languages import understands
from parlando_synth.reference_clip import ReferenceClip
from parlando_synth.slot import EngineSlot
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice_folder import SUFFIX
from parlando_synth.voices import Voices


def test_voices_are_cloned_from_their_clips_and_found_while_it_runs(
    instance: ChatterboxInstance, engine: ChatterboxEngine, clone: Clone
) -> None:
    assert [voice.id for voice in engine.voices()] == [BUILT_IN]
    anna, bob = clone("Anna", 180), clone("Bob", 90)
    assert [voice.id for voice in engine.voices()] == sorted([anna.id, bob.id, BUILT_IN])
    found = engine.find_voice(anna.id)
    assert found is not None
    assert (found.name, found.cloned, found.licence, found.consent_note) == (
        "Anna",
        True,
        "CC0-1.0",
        anna.consent_note,
    )
    said = [pcm(speak(instance, Job(ONE, voice, seed=5))) for voice in (BUILT_IN, anna.id, bob.id, anna.id)]
    assert np.array_equal(said[1], said[3])
    for one, other in ((0, 1), (1, 2)):
        length = min(len(said[one]), len(said[other]))
        assert np.abs(said[one][:length].astype(int) - said[other][:length]).max() > 100


def test_a_cloned_voice_is_the_same_after_a_restart_and_on_another_replica(
    english: Chatterbox, voices: Path, clone: Clone
) -> None:
    anna = clone("Anna", 180)
    settings = ChatterboxSettings(voices=voices, threads=1, live=1)
    said = []
    for _ in range(2):
        instance = ChatterboxEngine(settings, lambda _model: english).open()
        said.append(pcm(speak(instance, Job(ONE, anna.id, seed=5))))
        instance.close()
    assert np.array_equal(*said)


def test_a_voice_that_is_uploaded_is_spoken_with_renamed_and_removed(
    engine: ChatterboxEngine, instance: ChatterboxInstance
) -> None:
    clip = ReferenceClip(speech(6, 130)).wav()
    terms = VoiceTerms(name="Dora", language="en-GB", licence="CC0-1.0", consent_note="nobody: it is a hum")
    dora = engine.add_voice(VoiceUpload(terms, clip))
    assert engine.add_voice(VoiceUpload(terms, clip)) == dora
    assert [voice.id for voice in engine.voices()] == [BUILT_IN, dora.id]
    assert speak(instance, Job("One.", dora.id, seed=1))
    assert engine.change_voice(dora.id, VoiceChange(name="Nora")).name == "Nora"
    engine.remove_voice(dora.id)
    assert [voice.id for voice in engine.voices()] == [BUILT_IN]
    with pytest.raises(ParlandoError) as refused:
        engine.remove_voice(BUILT_IN)
    assert refused.value.reason is Reason.NOT_SUPPORTED


def test_a_voice_that_is_gone_is_not_spoken_with(
    instance: ChatterboxInstance, voices: Path, clone: Clone
) -> None:
    anna = clone("Anna", 180)
    speak(instance, Job("one", anna.id))
    (voices / f"{anna.id}{SUFFIX}").unlink()
    with pytest.raises(ParlandoError) as refused:
        speak(instance, Job("one", anna.id))
    assert refused.value.reason is Reason.VOICE_NOT_FOUND


def test_every_model_can_clone(each: Chatterbox, voices: Path, clone: Clone) -> None:
    anna = clone("Anna", 180)
    model = next(model for model in MODELS.values() if model.kind is type(each))
    before = each.conds
    book = VoiceBook(model, voices, built_in=True)
    conditioning = Conditioning(each, Interruption(each.t3, each.s3gen), book, 1, model.clip_options)
    speaker, clip, _ = conditioning.voice(anna.id, 0.5)
    assert each.conds is before  # nothing is kept on what all share
    assert speaker.speaker_emb.shape == (1, 256)
    assert clip["prompt_feat"].shape[1] == 2 * clip["prompt_token"].shape[1]
    assert conditioning.voice(anna.id, 0.5)[1] is clip
    assert conditioning.voice(anna.id, 1.0)[0] is not speaker


def test_clips_are_brought_to_one_loudness(clone: Clone) -> None:
    samples, rate = soundfile.read(_even(clone("Anna", 180).clip))
    assert pyloudnorm.Meter(rate).integrated_loudness(samples) == pytest.approx(LOUDNESS, abs=0.1)
    assert len(samples) > 6 * rate


def test_languages_of_a_clone_begin_with_its_own(voices: Path, clone: Clone) -> None:
    clone("Chloé", 180, language="fr-CA")
    clone("Inuk", 150, language="iu")
    (chloe, inuk) = VoiceBook(MODELS["multilingual"], voices, built_in=False).voices
    assert chloe.languages[:2] == ("fr-CA", "ar")
    assert "fr" not in chloe.languages
    assert inuk.languages == MODELS["multilingual"].languages


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_norwegian_is_spoken_by_whichever_name(voices: Path, clone: Clone, language: str) -> None:
    model = MODELS["multilingual"]
    loaded = tiny(model)
    read = {each: model.text_tokens(loaded, "Hei.", each).tolist() for each in (language, "no", "sv")}
    assert read[language] == read["no"] != read["sv"]
    clone("Kari", 180, language=f"{language}-NO")
    (kari,) = VoiceBook(model, voices, built_in=False).voices
    assert kari.languages[0] == f"{language}-NO"
    assert all(understands(kari, other) for other in ("no", "nb-NO", "nn"))


@pytest.fixture
def voiceless() -> Chatterbox:
    """The small English model without the voice of its makers."""
    bare = tiny(MODELS["english"])
    bare.conds = None
    return bare


def test_without_any_voice_it_loads_and_the_first_one_can_be_added(
    voiceless: Chatterbox, voices: Path
) -> None:
    engine = ChatterboxEngine(ChatterboxSettings(voices=voices, threads=1, live=1), lambda _model: voiceless)
    instance = engine.open()
    assert (engine.describe().default_voice, list(engine.voices())) == ("", [])
    terms = VoiceTerms(name="Dora", language="en-GB", licence="CC0-1.0", consent_note="nobody: it is a hum")
    dora = engine.add_voice(VoiceUpload(terms, ReferenceClip(speech(6, 130)).wav()))
    assert engine.describe().default_voice == dora.id
    assert len(pcm(speak(instance, Job("One.", dora.id, seed=1)))) > 0
    instance.close()


async def test_where_the_default_voice_is_removed_the_next_one_speaks(
    voiceless: Chatterbox, voices: Path, clone: Clone
) -> None:
    anna, bob = clone("Anna", 180), clone("Bob", 90)
    settings = ChatterboxSettings(voices=voices, threads=1, live=1)

    def create() -> Engine:
        return ThreadedEngine(ChatterboxEngine(settings, lambda _model: voiceless), instances=1)

    slot = EngineSlot("chatterbox", create, warmth=Warmth(), clock=MonotonicClock())
    await slot.load()
    try:
        casting, kept = slot.ready().casting, Voices(slot)
        assert casting.voice("", "").id == casting.voice("", "en").id == anna.id
        await kept.remove(anna.id)
        assert casting.voice("", "").id == casting.voice("", "en").id == bob.id
        await kept.remove(bob.id)
        for language in ("", "en"):
            with pytest.raises(ParlandoError) as refused:
                casting.voice("", language)
            assert refused.value.reason is Reason.VOICE_NOT_FOUND
            assert "voices add" in refused.value.message
    finally:
        await slot.close()


@pytest.mark.parametrize("target", [-30.0, -18.0])
def test_every_voice_is_as_loud_as_it_is_told(
    english: Chatterbox, voices: Path, clone: Clone, target: float
) -> None:
    anna = clone("Anna", 180)
    settings = ChatterboxSettings(voices=voices, threads=1, live=1, loudness=target)
    instance = ChatterboxEngine(settings, lambda _model: english).open()
    for voice in (BUILT_IN, anna.id):
        said = pcm(speak(instance, Job(FOUR, voice))) / 32_768
        assert pyloudnorm.Meter(RATE).integrated_loudness(said) == pytest.approx(target, abs=2)
    instance.close()


def test_a_voice_may_keep_its_own_loudness(english: Chatterbox, voices: Path) -> None:
    settings = ChatterboxSettings(voices=voices, threads=1, live=1, loudness="own")
    instance = ChatterboxEngine(settings, lambda _model: english).open()
    assert instance._loaded.conditioning.voice(BUILT_IN, 0.5)[2] == 1.0
    instance.close()


def test_a_gain_is_bounded_and_leaves_room_for_peaks() -> None:
    hum = speech(2, 150)
    assert np.abs(hum * gain(hum, 0.0)).max() == pytest.approx(0.95)
    assert gain(hum / 100, -14.0) == pytest.approx(10)
    assert gain(hum * 0, -23.0) == gain(hum[:100], -23.0) == 1.0
