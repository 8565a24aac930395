"""Kokoro's engine on PyTorch: the contract with layers that hum, and the makers' own with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
import torch
from kokoro_onnx.config import DEFAULT_VOCAB
from tiny import FRAME, write_voices

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.engine import KokoroEngine
from parlando_kokoro_torch.allocator import keep_memory
from parlando_kokoro_torch.model import TorchModel, loaded
from parlando_kokoro_torch.settings import KokoroTorchSettings
from parlando_synth.contract import EngineContract
from parlando_synth.engine import Engine
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine

STYLE = np.full((1, 256), 0.1, np.float32)


class Humming(torch.nn.Module):
    """Four frames a symbol, each with a tone of its own."""

    vocab = DEFAULT_VOCAB

    def __init__(self) -> None:
        super().__init__()
        self.tones = torch.nn.Embedding.from_pretrained(110 * 2 ** (torch.arange(178.0)[:, None] % 36 / 12))
        self.asked = 0

    def forward_with_tokens(
        self, input_ids: torch.Tensor, ref_s: torch.Tensor, speed: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.asked += 1
        frames = torch.full((input_ids.shape[1],), max(round(4 / speed), 1))
        tones = self.tones(input_ids).ravel() * torch.exp(ref_s.mean())
        tones[input_ids.ravel() <= 16] = 0  # marks and the space
        steps = torch.repeat_interleave(tones, frames * FRAME) * (2 * torch.pi / 24_000)
        return 0.3 * torch.sin(torch.cumsum(steps, 0)) * (steps > 0), frames


class TestOnPyTorch(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        voices = write_voices(Path(mkdtemp(prefix="tiny-kokoro-")) / "voices.bin")
        settings = KokoroTorchSettings(voices=voices, threads=1, live=3)
        kokoro = KokoroEngine(settings, load=lambda: TorchModel(Humming(), device="cpu", threads=1))
        return ThreadedEngine(kokoro, instances=3)


@pytest.fixture(scope="module")
def makers() -> KokoroTorchSettings:
    """The makers' own layers at full size, with the weights that they begin with: an empty file sets none."""
    path = Path(mkdtemp(prefix="kokoro-")) / "kokoro-v1_0.pth"
    torch.save({}, path)
    return KokoroTorchSettings(model=path, threads=1)


def test_the_makers_layers_speak(makers: KokoroTorchSettings) -> None:
    model = loaded(makers)
    run = model.run([50, 60, 70], STYLE, 1.0, StopFlag())
    assert run is not None
    (samples,) = run.windows
    assert np.isfinite(samples).all()
    assert run.edges is not None
    assert (len(run.edges), run.edges[-1]) == (3 + 3, run.length)
    assert len(samples) == run.length
    assert model.vocabulary == DEFAULT_VOCAB


def test_a_stop_ends_a_run_between_two_layers() -> None:
    model, stop = TorchModel(layers := Humming(), device="cpu", threads=1), StopFlag()
    layers.tones.register_forward_pre_hook(lambda *_: stop.set(), prepend=True)
    assert model.run([50, 60], STYLE, 1.0, stop) is None
    assert layers.asked == 1  # it had begun


def test_what_is_no_network_is_refused(makers: KokoroTorchSettings, tmp_path: Path) -> None:
    with pytest.raises(ParlandoError, match="KOKORO_MODEL") as missing:
        loaded(makers.model_copy(update={"model": tmp_path / "none.pth"}))
    assert missing.value.reason is Reason.MODEL_NOT_FOUND
    broken = tmp_path / "config.json"
    broken.write_text(json.dumps({"vocab": {}}))
    with pytest.raises(ParlandoError, match="no network") as refused:
        loaded(makers.model_copy(update={"config": broken}))
    assert refused.value.reason is Reason.ENGINE_FAILED


def test_the_c_library_keeps_memory() -> None:
    assert keep_memory()
