"""From text to speech tokens, 25 a second, each given out as the network says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softmax
from transformers import DynamicCache
from transformers.generation.logits_process import (
    LogitsProcessor,
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from parlando_chatterbox.library import SPEECH_VOCAB_SIZE, T3, T3Cond

RATE = 25
"""Speech tokens a second."""

Guard = Callable[[Tensor, int], Tensor]
"""Looks at each step's logits, of shape (1, tokens), and the token before; may force or forbid the end."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        temperature: above 0; the smaller, the more alike are all takes.
        repetition_penalty: 1 or more.
        min_p: tokens less likely than this share of the likeliest are out of the question; 0 to 1.
        top_p: only the likeliest that make up this share together; above 0, to 1.
        top_k: only so many of the likeliest; 0 is all.
        cfg_weight: how far the text and the voice push the choice away from what speech is like without them;
            0 is not at all, and halves the work.
    """

    temperature: float
    repetition_penalty: float
    min_p: float
    top_p: float
    top_k: int
    cfg_weight: float


def speech_tokens(
    network: T3,
    voice: T3Cond,
    text_tokens: Tensor,
    sampling: Sampling,
    generator: torch.Generator,
    *,
    most: int,
    guards: Callable[[int, int], Guard] | None = None,
) -> Iterator[int]:
    """Yield the speech tokens of a text, without those that are no sound, until the network ends it.

    It is what `T3.inference` and `T3.inference_turbo` do, a token at a time. Nothing is kept on the network,
    so threads may share it.

    Args:
        network: English, multilingual (a Llama) or Turbo (a GPT-2).
        voice: what it speaks as. Its own: the network writes into it.
        text_tokens: shape (1, length), with start and end where the network has them.
        sampling: how tokens are chosen.
        generator: chooses, on the network's device.
        most: tokens at most; a network that does not find the end babbles on.
        guards: makes what guards a text at those places, [first, end), of what the network reads.
    """
    guided = sampling.cfg_weight > 0 and not network.is_gpt
    processors = _processors(sampling, turbo=network.is_gpt)
    with torch.inference_mode():
        inputs, chosen, first = _prompt(network, voice, text_tokens, sampling.cfg_weight if guided else 0.0)
        memory = DynamicCache(config=network.cfg)
        previous = network.hp.start_speech_token
    guard = guards(first, first + text_tokens.shape[1]) if guards is not None else None
    for step in range(1, most + 1):
        with torch.inference_mode():
            hidden = network.tfmr(inputs_embeds=inputs, cache=memory, use_cache=True).last_hidden_state
            logits = network.speech_head(hidden[:, -1])
            if guided:
                logits = logits[:1] + sampling.cfg_weight * (logits[:1] - logits[1:])
            if guard is not None:
                logits = guard(logits, previous)
            probabilities = softmax(processors(chosen, logits), dim=-1)
            token = torch.multinomial(probabilities, num_samples=1, generator=generator)
            chosen = torch.cat([chosen, token], dim=1)
            inputs = network.speech_emb(token)
            if network.speech_pos_emb is not None:
                inputs = inputs + network.speech_pos_emb.get_fixed_embedding(step)
            if guided:
                inputs = torch.cat([inputs, inputs])
            previous = int(token)
        if previous == network.hp.stop_speech_token:
            return
        if previous < SPEECH_VOCAB_SIZE:
            yield previous


def _prompt(network: T3, voice: T3Cond, text_tokens: Tensor, cfg_weight: float) -> tuple[Tensor, Tensor, int]:
    """Return what the network reads before it speaks, the tokens chosen so far, and where the text begins."""
    text = torch.cat([text_tokens, text_tokens]) if cfg_weight else text_tokens
    start = network.hp.start_speech_token * torch.ones_like(text[:, :1])
    inputs, first = network.prepare_input_embeds(
        t3_cond=voice, text_tokens=text, speech_tokens=start, cfg_weight=cfg_weight
    )
    if not network.is_gpt:  # it was trained with its start said twice
        again = network.speech_emb(start) + network.speech_pos_emb.get_fixed_embedding(0)
        inputs = torch.cat([inputs, again], dim=1)
    return inputs, start[:1], first


def _processors(sampling: Sampling, *, turbo: bool) -> Callable[[Tensor, Tensor], Tensor]:
    """Return what is done to logits, in the order in which the library does it."""
    penalty = RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty)
    warmer = TemperatureLogitsWarper(sampling.temperature)
    nucleus = TopPLogitsWarper(sampling.top_p)
    order: list[LogitsProcessor]
    if turbo:
        likeliest = [TopKLogitsWarper(sampling.top_k)] if sampling.top_k else []
        order = [warmer, *likeliest, nucleus, penalty]
    else:
        order = [penalty, warmer, MinPLogitsWarper(sampling.min_p), nucleus]
    processors: Callable[[Any, Tensor], Tensor] = LogitsProcessorList(order)
    return processors
