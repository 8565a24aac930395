"""Make a Piper voice of medium size with random weights: it speaks noise, and takes as long as a real one.

    python bench/piper_network.py FOLDER    writes FOLDER/en_US-noise-medium.onnx (63 MB) and its .json

The published voices cannot be had everywhere, and how long a network takes does not depend on what it
learned. The layers are the makers' own, from the package "piper-tts". PyTorch is needed for this alone, so it
is in none of the locks:

    python3 -m venv FOLDER/venv
    FOLDER/venv/bin/pip install torch onnx numpy
    FOLDER/venv/bin/pip install --no-deps piper-tts==1.8.0
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import types
from pathlib import Path

import torch

NAME = "en_US-noise-medium"

_SYMBOLS = 256
_RATE = 22_050
_LENGTH = 3.0  # makes this network speak as fast as people do, about 150 words a minute


def network() -> torch.nn.Module:
    """Return the network as `piper.train.export_onnx` prepares it, with its settings for medium quality."""
    spec = importlib.util.find_spec("piper")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the package piper-tts is not installed")
    # The packages themselves import what runs voices, and what trains them; their layers need none of that.
    for name, path in (("piper", ""), ("piper.train", "train")):
        package = types.ModuleType(name)
        package.__path__ = [str(Path(spec.submodule_search_locations[0], path))]
        sys.modules[name] = package
    from piper.train.vits.models import SynthesizerTrn  # noqa: PLC0415

    torch.manual_seed(0)
    model = SynthesizerTrn(
        n_vocab=_SYMBOLS,
        spec_channels=513,
        segment_size=32,
        inter_channels=192,
        hidden_channels=192,
        filter_channels=768,
        n_heads=2,
        n_layers=6,
        kernel_size=3,
        p_dropout=0.1,
        resblock="2",
        resblock_kernel_sizes=(3, 5, 7),
        resblock_dilation_sizes=((1, 2), (2, 6), (3, 12)),
        upsample_rates=(8, 8, 4),
        upsample_initial_channel=256,
        upsample_kernel_sizes=(16, 16, 8),
    ).eval()
    with torch.no_grad():
        model.dec.remove_weight_norm()

    def speak(text: torch.Tensor, lengths: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
        noise, length, noise_w = scales[0], scales[1], scales[2]
        made = model.infer(text, lengths, noise_scale=noise, length_scale=length, noise_scale_w=noise_w)
        return made[0].unsqueeze(1)

    model.forward = speak
    return model


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description="Make a Piper voice of medium size with random weights.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    symbols = torch.randint(0, _SYMBOLS, (1, 50))
    torch.onnx.export(
        network(),
        (symbols, torch.tensor([50]), torch.tensor([0.667, 1.0, 0.8])),
        folder / f"{NAME}.onnx",
        input_names=["input", "input_lengths", "scales"],
        output_names=["output"],
        opset_version=15,
        dynamic_axes={
            "input": {0: "batch", 1: "phonemes"},
            "input_lengths": {0: "batch"},
            "output": {0: "batch", 2: "time"},
        },
        dynamo=False,
    )
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP  # noqa: PLC0415  # the package is as `network` left it

    about = {
        "audio": {"sample_rate": _RATE, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": _LENGTH, "noise_w": 0.8},
        "language": {"code": "en_US"},
        "num_speakers": 1,
        "num_symbols": _SYMBOLS,
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "phoneme_type": "espeak",
        "speaker_id_map": {},
    }
    (folder / f"{NAME}.onnx.json").write_text(json.dumps(about))
    print(f"{folder}: {(folder / f'{NAME}.onnx').stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
