"""From a mel spectrogram to samples, a window at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from parlando_chatterbox.library import S3Token2Wav
from parlando_chatterbox.noise import Noise

HOP = 480
"""Samples of a frame."""

RATE = 24_000


class WaveMaker:
    """Makes the samples of one stretch of speech, window by window.

    It is what `S3Gen.hift_inference` does, from its parts, with a source (the tone of the vocal cords and the
    noise of breath) that goes on through all windows: a tone whose phase began anew with each would cancel
    itself in the cross-fades.

    Args:
        network: S3Gen; threads may share it.
        seed: of noise and phases.
    """

    def __init__(self, network: S3Token2Wav, seed: int) -> None:
        self._vocoder = network.mel2wav
        self._tones = self._vocoder.m_source.l_sin_gen
        overtones = self._tones.harmonic_num
        device = network.device
        self._noise = Noise(seed, overtones + 1, device)
        phases = torch.rand(overtones, generator=torch.Generator().manual_seed(seed + 1)) * 2 - 1
        self._phases = torch.cat([torch.zeros(1), phases * torch.pi]).to(device)
        self._orders = torch.arange(1, overtones + 2, device=device)
        self._pitch = torch.empty(0, device=device)  # Hz, of each frame made so far

    @torch.inference_mode()
    def samples(self, frames: Tensor, context: int, end: int) -> Tensor:
        """Return the samples of frames.

        Args:
            frames: shape (1, 80, length).
            context: place of the first. Those that were made before keep their pitch.
            end: place of the end of those that are made now; those after it are made anew in the next window.

        Returns:
            Shape (length * HOP,), in [-0.99, 0.99].
        """
        known = self._pitch[context:]
        pitch = torch.cat([known, self._vocoder.f0_predictor(frames)[0, len(known) :]])
        source = self._source(pitch, context)
        self._pitch = torch.cat([self._pitch, pitch[len(known) : end - context]])
        samples: Tensor = self._vocoder.decode(x=frames, s=source)[0]
        return samples

    def _source(self, pitch: Tensor, context: int) -> Tensor:
        """Return the source of frames, shape (1, 1, samples): what `SineGen` and `SourceModuleHnNSF` make."""
        tones, place = self._tones, context * HOP
        said = self._pitch[:context].double().sum() * HOP  # Hz times samples: what went before
        hertz = pitch.repeat_interleave(HOP)
        turns = ((said + hertz.double().cumsum(0)) / tones.sampling_rate)[:, None] * self._orders
        waves = tones.sine_amp * torch.sin(2 * torch.pi * (turns % 1).float() + self._phases)
        voiced = (hertz > tones.voiced_threshold).float()[:, None]
        loudness = voiced * tones.noise_std + (1 - voiced) * tones.sine_amp / 3
        noise = loudness * self._noise.rows(place, place + len(hertz))
        merge = self._vocoder.m_source
        merged: Tensor = merge.l_tanh(merge.l_linear(waves * voiced + noise))
        return merged.T[None]
