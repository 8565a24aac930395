"""A stop is heeded wherever the networks are, and by nobody but the job that it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import torch
from speech import FOUR, ONE, Clone, pcm, speak, words

from parlando_chatterbox.engine import ChatterboxEngine, ChatterboxInstance
from parlando_chatterbox.interruption import Interrupted, Interruption
from parlando_chatterbox.models import Chatterbox
from parlando_chatterbox.voices import BUILT_IN
from parlando_synth.events import Audio, EngineEvent
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag


def test_a_stop_is_heeded_in_the_middle_of_a_run(english: Chatterbox) -> None:
    stop = StopFlag()
    interruption = Interruption(english.t3)
    with interruption.by(stop):
        english.t3.tfmr(inputs_embeds=torch.zeros(1, 3, 64))
        stop.set()
        with pytest.raises(Interrupted):
            english.t3.tfmr(inputs_embeds=torch.zeros(1, 3, 64))
    english.t3.tfmr(inputs_embeds=torch.zeros(1, 3, 64))  # nobody is stopped who did not ask for it


def test_a_stop_is_heeded_while_a_voice_is_made_ready(
    english: Chatterbox, instance: ChatterboxInstance, clone: Clone
) -> None:
    anna, stop, runs = clone("Anna", 180), StopFlag(), []
    hook = english.t3.register_forward_pre_hook(lambda *_: runs.append("T3"))
    blocks = english.s3gen.tokenizer.encoder.blocks[0].register_forward_pre_hook(lambda *_: stop.set())
    assert pcm(speak(instance, Job(ONE, anna.id), stop)).size == 0
    blocks.remove()
    assert stop.requested, "its clip was being read"
    assert runs == []
    hook.remove()
    assert pcm(speak(instance, Job(ONE, anna.id))).size, "it is made anew"


class _Held:
    """Holds whoever comes to a module of the networks first, and counts all who come."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.came, self.on, self.times = Event(), Event(), 0
        self._hook = module.register_forward_pre_hook(self._come)

    def _come(self, *_: object) -> None:
        self.times += 1
        if self.times == 1:
            self.came.set()
            assert self.on.wait(60)

    def close(self) -> None:
        self._hook.remove()


@pytest.mark.parametrize("stopped", ["who waits", "who makes it"])
def test_who_waits_for_a_voice_is_stopped_alone_and_may_make_it(
    english: Chatterbox, engine: ChatterboxEngine, clone: Clone, stopped: str
) -> None:
    anna, stop = clone("Anna", 180), StopFlag()
    first, second = engine.open(), engine.open()
    held = _Held(english.ve)
    with ThreadPoolExecutor(2) as pool:
        makes = pool.submit(speak, first, Job(ONE, anna.id), stop if stopped == "who makes it" else None)
        assert held.came.wait(60)
        waits = pool.submit(speak, second, Job(ONE, anna.id), stop if stopped == "who waits" else None)
        stop.set()
        if stopped == "who waits":
            assert pcm(waits.result(60)).size == 0
            assert not makes.done(), "nobody else is disturbed"
        held.on.set()
        spoke, silent = (makes, waits) if stopped == "who waits" else (waits, makes)
        assert pcm(spoke.result(60)).size
        assert pcm(silent.result(60)).size == 0
    held.close()
    assert held.times == (1 if stopped == "who waits" else 2)
    first.close()
    second.close()


def test_nothing_is_said_after_a_stop(instance: ChatterboxInstance) -> None:
    stop, after = StopFlag(), []

    def emit(event: EngineEvent) -> None:
        if stop.requested:
            after.append(event)
        if isinstance(event, Audio):
            stop.set()

    instance.synthesize(Job(FOUR, BUILT_IN), stop, emit)
    assert stop.requested
    assert after == []
    assert len(words(speak(instance, Job(FOUR, BUILT_IN)))) == 29
