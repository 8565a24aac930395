"""A Piper worker against piper-tts itself, text by text in the same run.

    python bench/piper_network.py /tmp/piper        once: a voice of full size (it says how)
    bench/piper_voice.py /tmp/piper [--rounds 9]

One caller, warm, who asks the worker by gRPC and reads to the end. The library runs as it comes
(`PiperVoice.load`). Exits with 1 where a limit is passed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
import uuid
from pathlib import Path

import grpc
from engine_worker import bare, speak_bare, worker

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

MOST = 1.3
"""How many times as long as the library a worker may take in all."""

_FOUR = (
    "Every evening the old keeper climbed the hundred steps. He lit the great lamp, and watched the ships "
    "that passed the cape. Were there any that night? None could be seen above the black water."
)
TEXTS = {
    "a word": "Yes.",
    "a sentence": "Every evening the old keeper climbed the hundred steps.",
    "four": _FOUR,
    "forty": " ".join([_FOUR] * 10),
}


_SETTLED = 0.2
"""Seconds after which the library's threads no longer spin, which would slow down whoever comes next."""


def speak(stub: SynthServiceStub, text: str) -> dict[str, float]:
    """Return seconds to the first audio and in all; and samples."""
    time.sleep(_SETTLED)
    request = synth_pb2.SynthesizeRequest(
        synthesis_id=uuid.uuid4().hex, text=text, engine_options={"noise_w_scale": "0"}
    )
    began, first, samples = time.perf_counter(), 0.0, 0
    for response in stub.Synthesize(request, timeout=120):
        if response.HasField("audio"):
            first = first or time.perf_counter() - began
            samples += len(response.audio.pcm) // 2
    return {"first": first, "all": time.perf_counter() - began, "samples": samples}


def compare(stub: SynthServiceStub, alone: subprocess.Popen[str], rounds: int) -> bool:
    """Print the table of texts; return whether it keeps within the limits."""
    print(
        f"{'':<10}{'audio':>9}{'bare: first':>13}{'second':>9}{'all':>9}"
        f"{'worker: first':>15}{'all':>9}{'ratio':>8}"
    )
    well = True
    for name, text in TEXTS.items():
        pairs = [(speak_bare(alone, text), speak(stub, text)) for _ in range(rounds)]
        if any(library["samples"] != ours["samples"] for library, ours in pairs):
            print(f"{name}: the worker makes another amount of audio than the library")
            well = False
        first, second, whole = (
            statistics.median(library[key] for library, _ in pairs) for key in ("first", "second", "all")
        )
        heard, done = (statistics.median(ours[key] for _, ours in pairs) for key in ("first", "all"))
        ratio = statistics.median(ours["all"] / library["all"] for library, ours in pairs)
        print(
            f"{name:<10}{pairs[0][1]['samples'] / 22_050:8.1f}s{first:12.3f}s{second:8.3f}s{whole:8.3f}s"
            f"{heard:14.3f}s{done:8.3f}s{ratio:7.2f}x"
        )
        well &= ratio <= MOST and (name != "four" or heard < second)
    return well


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="with a voice")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    (voice,) = arguments.folder.glob("*.onnx")
    settings = {"PIPER_VOICES": str(arguments.folder)}
    with (
        worker("piper", settings) as (address, _),
        bare("piper", str(voice)) as alone,
        grpc.insecure_channel(address) as channel,
    ):
        stub = SynthServiceStub(channel)
        speak(stub, _FOUR)
        return 0 if compare(stub, alone, arguments.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
