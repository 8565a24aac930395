"""How soon Kokoro is idle after a stop, at full size and in the midst of runs of every length.

    python bench/kokoro_network.py /tmp/kokoro        once: a network of full size (it says how)
    bench/kokoro_stops.py /tmp/kokoro [--stops 100]

One worker, spoken to directly. A text is begun, and stopped at a random moment of its first seconds. What
the worker says: from the arrival of the stop until the engine was idle. What its process says: CPU seconds
from the sending of the stop to the answer. ONNX Runtime ends a run between two of its nodes, so that the
longest node is the longest wait; those of runs of several lengths are printed too, with what runs of that
length cost. Exits with 1 where a limit is passed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
from engine_worker import python_of, worker
from google.protobuf.duration_pb2 import Duration
from kokoro import words

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

IDLE = 0.050
"""Seconds within which 99 of 100 stops leave an idle engine, where runs are short (1.5 s of audio)."""

BURNT = 0.05
"""CPU seconds that 99 of 100 stops cost at most."""

_LATEST = 3.0  # seconds after the beginning
_QUEUED = 8.0  # seconds of audio that the listener has, so that runs are long at once


def cpu_clock(pid: int) -> int:
    """Return the clock of a process's CPU time, as clock_getcpuclockid(3) does; it has no ticks."""
    return (~pid << 3) | 2


def stopped(stub: Any, clock: int, name: str, moment: float, queued: float) -> tuple[float, float]:
    """Begin and stop a synthesis; return seconds until the engine was idle, and CPU seconds until then."""
    wait = Duration()
    wait.FromMilliseconds(round(queued * 1000))
    order = synth_pb2.SynthesizeRequest(synthesis_id=name, text=words(200), audio_queued=wait)
    call = stub.Synthesize(order)  # held: one that nobody holds is cancelled
    time.sleep(moment)
    before = time.clock_gettime(clock)
    report = stub.StopSynthesis(synth_pb2.StopSynthesisRequest(synthesis_id=name))
    if report.outcome != synth_pb2.STOP_OUTCOME_STOPPED:
        raise SystemExit(f"nothing was stopped: {report}")
    call.cancel()
    return report.idle_after.ToNanoseconds() / 1e9, time.clock_gettime(clock) - before


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how soon Kokoro is idle after a stop.")
    parser.add_argument("folder", type=Path, help="with kokoro.onnx and voices.bin")
    parser.add_argument("--stops", type=int, default=100)
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    arguments = parser.parse_args()
    folder, chance = arguments.folder, random.Random(0)  # noqa: S311  # moments to stop at
    settings = {
        "KOKORO_MODEL": str(folder / "kokoro.onnx"),
        "KOKORO_VOICES": str(folder / "voices.bin"),
        "KOKORO_THREADS": str(arguments.threads),
    }
    with worker("kokoro", settings) as (address, process), grpc.insecure_channel(address) as channel:
        stub: Any = SynthServiceStub(channel)
        well = True
        for queued, what in ((0.0, "runs that begin small"), (_QUEUED, "long runs")):
            found = [
                stopped(stub, cpu_clock(process.pid), f"{what} {each}", chance.uniform(0.05, _LATEST), queued)
                for each in range(arguments.stops)
            ]
            idle, cpu = (sorted(each) for each in zip(*found, strict=True))
            middle, p99 = len(idle) // 2, len(idle) * 99 // 100
            limit = "no limit: see the longest node" if queued else f"limit {IDLE * 1000:.0f} ms"
            print(
                f"stops of {what}: idle after p50 {idle[middle] * 1000:.0f} ms, "
                f"p99 {idle[p99] * 1000:.0f} ms ({limit}), most {idle[-1] * 1000:.0f} ms; "
                f"CPU after the stop p50 {cpu[middle]:.3f} s, p99 {cpu[p99]:.3f} s (limit {BURNT:g} s)",
                flush=True,
            )
            well &= (queued > 0 or idle[p99] <= IDLE) and cpu[p99] <= BURNT
    script = str(Path(__file__).with_name("kokoro_nodes.py"))
    subprocess.run([python_of("kokoro"), script, str(folder), str(arguments.threads)], check=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
