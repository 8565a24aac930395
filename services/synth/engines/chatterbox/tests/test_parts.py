"""The parts do what the library does: the same tokens, and the same sound when all of it is made at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny import tiny

from parlando_chatterbox.alignment import AlignedHeads
from parlando_chatterbox.library import SPEECH_VOCAB_SIZE
from parlando_chatterbox.mel import MelMaker
from parlando_chatterbox.models import MODELS, Chatterbox
from parlando_chatterbox.noise import Noise
from parlando_chatterbox.speech_tokens import Sampling, speech_tokens
from parlando_chatterbox.stretch import FADE, Stretch
from parlando_chatterbox.wave import HOP, WaveMaker
from parlando_chatterbox.windows import CONTEXT, LOOKAHEAD, SIZES, Window, next_window, windows_within

SEED = 11
WHOLE = Window(0, 0, 90, 90)
TOKENS = torch.randint(0, SPEECH_VOCAB_SIZE, (150,), generator=torch.Generator().manual_seed(1))
_SAMPLES = 960  # of a token


def model_of(chatterbox: Chatterbox) -> str:
    return next(name for name, model in MODELS.items() if model.kind is type(chatterbox))


def said_by_the_library(chatterbox: Chatterbox, text: torch.Tensor, sampling: Sampling) -> list[int]:
    """Return the tokens that the library finds, its generator being torch's own."""
    torch.manual_seed(SEED)
    rest = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "repetition_penalty": sampling.repetition_penalty,
    }
    if model_of(chatterbox) == "turbo":
        found = chatterbox.t3.inference_turbo(
            chatterbox.conds.t3, text, top_k=sampling.top_k, max_gen_len=200, **rest
        )
    else:
        found = chatterbox.t3.inference(
            t3_cond=chatterbox.conds.t3,
            text_tokens=torch.cat([text, text]),
            max_new_tokens=200,
            cfg_weight=sampling.cfg_weight,
            min_p=sampling.min_p,
            **rest,
        )
    return [token for token in found[0].tolist() if token < SPEECH_VOCAB_SIZE]


def said(chatterbox: Chatterbox, text: torch.Tensor, sampling: Sampling) -> list[int]:
    name = model_of(chatterbox)
    guards = AlignedHeads(chatterbox.t3).follower().guard if name == "multilingual" else None
    generator = torch.Generator().manual_seed(SEED)
    conds = chatterbox.conds.t3
    return list(speech_tokens(chatterbox.t3, conds, text, sampling, generator, most=200, guards=guards))


def test_the_tokens_are_those_that_the_library_finds(each: Chatterbox) -> None:
    model = MODELS[model_of(each)]
    text = model.text_tokens(each, "The lamps were lit.", "en")
    manner = model.manner
    sampling = Sampling(
        manner.temperature,
        manner.repetition_penalty,
        manner.min_p or 0,
        manner.top_p,
        int(manner.top_k or 0),
        manner.cfg_weight or 0,
    )
    expected = said_by_the_library(each, text, sampling)
    assert len(expected) > 20
    found = said(each, text, sampling)
    if (
        model.name == "turbo"
    ):  # its first token is left out of what it penalises, for its start is no token of speech
        assert found[:1] == expected[:1]
    assert found == expected


def test_the_shortest_text_is_no_crash() -> None:
    multilingual = tiny(MODELS["multilingual"])
    with pytest.raises(IndexError):
        multilingual.generate("a", "en")
    text = MODELS["multilingual"].text_tokens(multilingual, "a", "en")
    assert said(multilingual, text, Sampling(0.8, 2.0, 0.05, 1.0, 0, 0.5))


def test_no_guidance_is_no_crash(english: Chatterbox) -> None:
    text = MODELS["english"].text_tokens(english, "The lamps were lit.", "en")
    plain = Sampling(0.8, 1.2, 0.05, 1.0, 0, cfg_weight=0)
    with pytest.raises(RuntimeError, match="Sizes of tensors must match"):
        english.generate("The lamps were lit.", cfg_weight=0.0)
    assert len(said(english, text, plain)) > 20


def given_noise(monkeypatch: pytest.MonkeyPatch, mel: torch.Tensor) -> None:
    """Have the library draw the noise that is given, where it asks for some of that shape, and else none."""

    def drawn(like: torch.Tensor, **_kwargs: Any) -> torch.Tensor:
        return mel if like.shape == mel.shape else torch.zeros_like(like)

    monkeypatch.setattr(torch, "randn_like", drawn)
    monkeypatch.setattr(
        torch.distributions.Uniform, "sample", lambda _self, sample_shape: torch.zeros(sample_shape)
    )


class Silent(Noise):
    def rows(self, start: int, end: int) -> torch.Tensor:
        return torch.zeros_like(super().rows(start, end))


def test_all_at_once_it_sounds_as_from_the_library(each: Chatterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    network, clip = each.s3gen, each.conds.gen
    tokens = TOKENS[:90]
    frames = MelMaker(network, clip, SEED).frames(tokens, WHOLE)
    monkeypatch.setattr("parlando_chatterbox.wave.Noise", Silent)
    maker = WaveMaker(network, SEED)
    maker._phases = torch.zeros_like(maker._phases)
    samples = maker.samples(frames, 0, 180)

    before = clip["prompt_feat"].shape[1]
    noise = torch.cat([Noise(SEED + 1, 80, "cpu").rows(0, before), Noise(SEED, 80, "cpu").rows(0, 180)])
    with monkeypatch.context() as patched:
        given_noise(patched, noise.T[None])
        if network.meanflow:  # it draws its noise twice, and keeps that of speech
            patched.setattr(torch, "randn", lambda *_shape, **_kwargs: noise[before:].T[None])
        expected = network.flow_inference(tokens, ref_dict=dict(clip), finalize=True)
        heard, _ = network.hift_inference(frames.clone(), None)
    assert torch.allclose(frames, expected, atol=1e-4)
    assert torch.allclose(samples, heard[0], atol=1e-4)


class Unmarked:
    """No watermark: what is compared here is what it is put on."""

    def put(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return samples


def made(
    chatterbox: Chatterbox, monkeypatch: pytest.MonkeyPatch, sizes: Sequence[int]
) -> list[NDArray[np.float32]]:
    """Return the sound of `TOKENS`, in windows of these sizes."""

    def window(made: int, number: int, there: int, *, last: bool) -> Window | None:
        return next_window(made, number, there, last=last, sizes=sizes)

    with monkeypatch.context() as patched:
        patched.setattr("parlando_chatterbox.stretch.next_window", window)
        stretch = Stretch(chatterbox.s3gen, Unmarked(), chatterbox.conds.gen, SEED)  # type: ignore[arg-type]
        return list(stretch.samples(TOKENS.tolist()))


def test_streamed_it_sounds_as_it_does_all_at_once(each: Chatterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(made(each, monkeypatch, [1_000]))
    parts = made(each, monkeypatch, SIZES)
    streamed = np.concatenate(parts)
    assert len(parts) > len(SIZES)
    assert len(streamed) == len(whole) == len(TOKENS) * _SAMPLES
    first = SIZES[0] * _SAMPLES - FADE
    assert len(parts[0]) == first
    # The encoder attends to all it is given, so windows are near to the whole and not the same.
    difference = streamed - whole
    for start in range(0, len(whole) - 4_800, 4_800):
        part = slice(start, start + 4_800)
        assert np.sum(whole[part] ** 2) > 32 * np.sum(difference[part] ** 2), f"15 dB at {start / 24_000} s"


@pytest.mark.parametrize("cut", [[37], [37, 61]])
def test_the_vocoder_may_be_cut_anywhere(english: Chatterbox, cut: list[int]) -> None:
    """Of one mel, in windows with context on both sides, it makes what it makes of the whole."""
    frames = MelMaker(english.s3gen, english.conds.gen, SEED).frames(TOKENS[:90], WHOLE)
    whole = WaveMaker(english.s3gen, SEED).samples(frames, 0, 180)
    maker = WaveMaker(english.s3gen, SEED)
    heard, start = [], 0
    for end in [*cut, 90]:
        first, last = max(start - CONTEXT, 0) * 2, min(end + CONTEXT, 90) * 2
        samples = maker.samples(frames[:, :, first:last], first, end * 2)
        heard.append(samples[(start * 2 - first) * HOP : (end * 2 - first) * HOP])
        start = end
    assert torch.allclose(torch.cat(heard), whole, atol=1e-3)


@given(st.integers(0, 300), st.lists(st.integers(1, 40), max_size=8))
def test_windows_make_every_token_once(tokens: int, arrivals: list[int]) -> None:
    made = number = there = 0
    for arrived in [*arrivals, None]:
        last = arrived is None
        there = tokens if arrived is None else min(there + arrived, tokens)
        while window := next_window(made, number, there, last=last):
            assert window.start == made < window.end <= window.until <= there
            assert window.context == max(made - CONTEXT, 0)
            assert window.until - window.end == LOOKAHEAD or (last and window.until == there)
            made, number = window.end, number + 1
    assert made == tokens


def test_the_first_window_is_made_as_soon_as_it_can_be() -> None:
    needed = SIZES[0] + LOOKAHEAD
    assert next_window(0, 0, needed - 1, last=False) is None
    assert next_window(0, 0, needed, last=False) == Window(0, 0, SIZES[0], needed)


def test_a_window_is_no_larger_than_what_may_be_heard_meanwhile() -> None:
    sizes = [(tokens, SIZES[min(windows_within(tokens), len(SIZES) - 1)]) for tokens in range(500)]
    assert sizes[0] == (0, SIZES[0])
    assert all(size <= tokens + SIZES[0] for tokens, size in sizes)
    assert sizes[-1][1] == SIZES[-1]


@given(st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_noise_is_the_same_however_it_is_asked_for(lengths: list[int]) -> None:
    whole = Noise(3, 9, "cpu").rows(0, sum(lengths))
    noise, start, parts = Noise(3, 9, "cpu"), 0, []
    for length in lengths:
        parts.append(noise.rows(start, start + length))
        start += length
    assert torch.equal(torch.cat(parts), whole)
