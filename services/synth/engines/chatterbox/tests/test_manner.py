"""How the engine is asked to speak: feelings, options, and what it says that it cannot do."""

from __future__ import annotations

import pytest
import torch
from speech import speak

from parlando_chatterbox.engine import ChatterboxInstance
from parlando_chatterbox.manner import EMOTIONS
from parlando_chatterbox.models import MODELS
from parlando_chatterbox.voices import BUILT_IN
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.events import Started
from parlando_synth.job import Job


def test_an_emotion_is_said_more_or_less_strongly(instance: ChatterboxInstance) -> None:
    manner = MODELS["english"].manner
    assert (
        manner.of(Job("a", "v", emotion="excited", emotion_intensity=1)).exaggeration == EMOTIONS["excited"]
    )
    assert manner.of(Job("a", "v", emotion="calm", emotion_intensity=0)).exaggeration == 0.5
    strong = manner.of(Job("a", "v", emotion="happy", options={"exaggeration": "1.5"}))
    assert strong.exaggeration == 1.5
    conditioning, network = instance._loaded.conditioning, instance._loaded.chatterbox.t3
    calm, excited = (
        network.prepare_conditioning(conditioning.voice(BUILT_IN, EMOTIONS[emotion])[0])
        for emotion in ("calm", "excited")
    )
    assert not torch.allclose(calm, excited)


def test_turbo_knows_no_emotion_and_says_so() -> None:
    turbo = MODELS["turbo"].manner
    assert turbo.emotions == ()
    assert "exaggeration" not in turbo.options
    assert "top_k" in turbo.options


def test_what_a_model_does_not_know_is_named(instance: ChatterboxInstance) -> None:
    events = speak(
        instance, Job("one", BUILT_IN, options={"top_k": "5", "cfg_weight": "0", "temperature": "0.5"})
    )
    started = events[0]
    assert isinstance(started, Started)
    assert started.ignored == ("engine_options.top_k",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exaggeration", "0"),
        ("exaggeration", "9"),
        ("cfg_weight", "-1"),
        ("temperature", "0"),
        ("temperature", "warm"),
        ("top_p", "nan"),
        ("min_p", ""),
        ("repetition_penalty", "0.5"),
    ],
)
def test_options_out_of_range_are_refused(instance: ChatterboxInstance, name: str, value: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        speak(instance, Job("one", BUILT_IN, options={name: value}))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, f"engine_options.{name}")
