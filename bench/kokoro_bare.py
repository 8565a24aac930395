"""kokoro-onnx as it comes, for comparison: a text a line on stdin, its times a line of JSON on stdout.

Run by bench/kokoro.py in Kokoro's own environment. `create_stream` is the library's own way to stream.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import onnxruntime as ort
from kokoro_onnx import Kokoro


async def speak(kokoro: Kokoro, text: str) -> dict[str, float]:
    """Return seconds to the first audio and in all, seconds of audio, and CPU seconds."""
    began, cpu, first, seconds = time.perf_counter(), time.process_time(), 0.0, 0.0
    async for audio, rate in kokoro.create_stream(text, "af_heart"):
        first = first or time.perf_counter() - began
        seconds += len(audio) / rate
    return {
        "first": first,
        "all": time.perf_counter() - began,
        "audio": seconds,
        "cpu": time.process_time() - cpu,
    }


def main() -> None:
    """Speak what comes on stdin."""
    model, voices, threads = sys.argv[1:]
    options = ort.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    kokoro = Kokoro.from_session(session, voices)
    asyncio.run(speak(kokoro, "Ready."))
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(asyncio.run(speak(kokoro, line.strip()))), flush=True)


if __name__ == "__main__":
    main()
