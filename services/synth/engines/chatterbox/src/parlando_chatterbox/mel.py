"""From speech tokens to a mel spectrogram, 50 frames a second, a window at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from parlando_chatterbox.library import S3Token2Wav
from parlando_chatterbox.noise import Noise
from parlando_chatterbox.windows import Window

FRAMES = 2
"""Frames of a token."""

BANDS = 80

_STEPS, _STEPS_MEANFLOW = 10, 2  # of the solver, as in the library


class MelMaker:
    """Makes the frames of one stretch of speech, window by window.

    It is what `S3Gen.flow_inference` does, from its parts: with noise that has a place, and with the frames
    made before as what is known of a window's context, as those of the voice's clip are. So a window goes on
    where the one before ended.

    Args:
        network: S3Gen; threads may share it.
        clip: the voice's tokens, frames and embedding, as `S3Gen.embed_ref` returns them.
        seed: of the noise.
    """

    def __init__(self, network: S3Token2Wav, clip: dict[str, Any], seed: int) -> None:
        self._network = network
        self._clip = clip
        self._noise = Noise(seed, BANDS, network.device)
        self._clip_noise = Noise(seed + 1, BANDS, network.device).rows(0, clip["prompt_feat"].shape[1])
        self._frames = torch.empty(1, BANDS, 0, device=network.device)  # all made so far

    @torch.inference_mode()
    def frames(self, tokens: Tensor, window: Window) -> Tensor:
        """Return the frames of a window's context, as they were, of the window, and of what is after it.

        Args:
            tokens: all there are, shape (length,).
            window: which of them.

        Returns:
            Shape (1, 80, frames).
        """
        known = self._frames[:, :, window.context * FRAMES :]
        made = self._flow(tokens[None, window.context : window.until], known, window.context * FRAMES)
        frames = torch.cat([known, made[:, :, known.shape[2] :]], dim=2)
        new = frames[:, :, known.shape[2] : (window.end - window.context) * FRAMES]
        self._frames = torch.cat([self._frames, new], dim=2)
        return frames

    def _flow(self, tokens: Tensor, known: Tensor, place: int) -> Tensor:
        flow, clip = self._network.flow, self._clip
        given = torch.cat([clip["prompt_token"].long(), tokens], dim=1)  # `generate` leaves them as floats
        length = torch.tensor([given.shape[1]], device=given.device)
        hidden, _ = flow.encoder(flow.input_embedding(given), length)
        mean = flow.encoder_proj(hidden).transpose(1, 2).contiguous()
        before = clip["prompt_feat"].shape[1]
        condition = torch.zeros_like(mean)
        condition[:, :, :before] = clip["prompt_feat"].transpose(1, 2)
        condition[:, :, before : before + known.shape[2]] = known
        noise = torch.cat([self._clip_noise, self._noise.rows(place, place + mean.shape[2] - before)])
        speaker = flow.spk_embed_affine_layer(normalize(clip["embedding"].reshape(1, -1), dim=1))
        return self._solve(noise.T[None], mean, speaker, condition)[:, :, before:]

    def _solve(self, x: Tensor, mean: Tensor, speaker: Tensor, condition: Tensor) -> Tensor:
        """Return the solution of the flow from noise, by Euler's method.

        The distilled network (meanflow) takes the end of a step as well as its beginning, and no guidance: it
        has learned it.
        """
        solver, meanflow = self._network.flow.decoder, self._network.meanflow
        steps = _STEPS_MEANFLOW if meanflow else _STEPS
        times = torch.linspace(0, 1, steps + 1, device=x.device, dtype=x.dtype)
        rows = 1 if meanflow else 2
        if not meanflow:
            times = 1 - torch.cos(times * 0.5 * torch.pi)
            mean, speaker, condition = (
                torch.cat([each, torch.zeros_like(each)]) for each in (mean, speaker, condition)
            )
        mask = torch.ones(rows, 1, x.shape[2], device=x.device, dtype=x.dtype)
        for start, end in pairwise(times):
            slope = solver.estimator(
                torch.cat([x] * rows),
                mask=mask,
                mu=mean,
                t=start.expand(rows),
                spks=speaker,
                cond=condition,
                r=end.expand(rows) if meanflow else None,
            )
            if not meanflow:
                slope = (1 + solver.inference_cfg_rate) * slope[:1] - solver.inference_cfg_rate * slope[1:]
            x = x + (end - start) * slope
        return x
