"""A worker with a tiny Kokoro that takes its time; run in Kokoro's own environment."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from slowing import slow_down
from tiny import write_network, write_voices

from parlando_synth.__main__ import main

if __name__ == "__main__":
    with TemporaryDirectory(prefix="tiny-kokoro-") as folder:
        network = write_network(Path(folder) / "tiny.onnx")
        slow_down(network, steps=60)
        voices = write_voices(Path(folder) / "voices.bin")
        os.environ |= {"KOKORO_MODEL": str(network), "KOKORO_VOICES": str(voices), "KOKORO_MIXES": folder}
        os.environ["KOKORO_THREADS"] = "1"
        main()
