"""A worker with a tiny Piper that takes its time; run in Piper's own environment."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from slowing import slow_down
from tiny import write_voice

from parlando_synth.__main__ import main

if __name__ == "__main__":
    with TemporaryDirectory(prefix="tiny-piper-") as folder:
        slow_down(write_voice(Path(folder)), steps=30)
        os.environ |= {"PIPER_VOICES": folder, "PIPER_THREADS": "1"}
        main()
