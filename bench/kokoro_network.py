"""Make a Kokoro of full size with random weights: it speaks noise, and takes as long as the real one.

    python bench/kokoro_network.py FOLDER    writes FOLDER/kokoro.onnx (325 MB) and FOLDER/voices.bin

The published files cannot be had everywhere, and how long a network takes does not depend on what it learned.
The layers are the makers' own, from the package "kokoro"; a bias on the predicted durations makes a symbol
last about three frames, as speech does. PyTorch is needed for this alone, so it is in none of the locks:

    python3 -m venv FOLDER/venv
    FOLDER/venv/bin/pip install torch transformers onnx loguru huggingface_hub attrs
    FOLDER/venv/bin/pip install --no-deps kokoro==0.9.4 kokoro-onnx==0.6.1
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import types
from importlib import metadata
from pathlib import Path

import numpy as np
import torch

_FRAMES = 2.7  # of 600 samples, that a symbol lasts
_FIRING = 6  # of the 50 outputs whose sum is a duration
_VOICES = ("af_heart", "af_bella", "am_adam", "bf_emma")


def _folder(package: str, distribution: str) -> Path:
    # By its distribution: beside this script lies one that is called "kokoro", too.
    try:
        return Path(str(metadata.distribution(distribution).locate_file(package)))
    except metadata.PackageNotFoundError:
        raise SystemExit(f"the package {distribution} is not installed") from None


def network() -> torch.nn.Module:
    """Return the network, ready for export."""
    # The package itself imports a speller that downloads at import; its layers need none of that.
    package = types.ModuleType("kokoro")
    package.__path__ = [str(_folder("kokoro", "kokoro"))]
    sys.modules["kokoro"] = package
    from kokoro.model import KModel, KModelForONNX  # noqa: PLC0415

    config = json.loads((_folder("kokoro_onnx", "kokoro-onnx") / "config.json").read_text())
    torch.manual_seed(0)
    with tempfile.NamedTemporaryFile(suffix=".pth") as empty:
        torch.save({}, empty.name)  # it insists on a checkpoint
        model = KModel(repo_id="none", config=config, model=empty.name, disable_complex=True).eval()
    with torch.no_grad():
        durations = model.predictor.duration_proj.linear_layer
        durations.bias.fill_(-12.0)
        durations.bias[:_FIRING] = math.log((_FRAMES / _FIRING) / (1 - _FRAMES / _FIRING))
        durations.weight[:_FIRING] *= 2.0
        model.predictor.F0_proj.bias.fill_(140.0)  # a voice, not a whisper
    return KModelForONNX(model).eval()


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description="Make a Kokoro of full size with random weights.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    symbols = torch.randint(1, 100, (1, 50))
    symbols[0, 0] = symbols[0, -1] = 0
    torch.onnx.export(
        network(),
        (symbols, torch.randn(1, 256) * 0.2, torch.tensor([1.0])),
        folder / "kokoro.onnx",
        input_names=["input_ids", "style", "speed"],
        output_names=["waveform", "duration"],
        opset_version=17,
        dynamic_axes={"input_ids": {1: "symbols"}, "waveform": {0: "samples"}, "duration": {0: "symbols"}},
        dynamo=False,
    )
    random = np.random.default_rng(0)
    styles = {name: random.normal(0, 0.2, (510, 1, 256)).astype(np.float32) for name in _VOICES}
    with (folder / "voices.bin").open("wb") as file:
        np.savez(file, **styles)
    print(f"{folder}: {(folder / 'kokoro.onnx').stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
