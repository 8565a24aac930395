"""Kokoro through the whole mesh, against kokoro-onnx's own stream in the same run.

    python bench/kokoro_network.py /tmp/kokoro        once: a network of full size (it says how)
    bench/kokoro.py /tmp/kokoro [--rounds 3] [--all | --parts together stops]

One client, warm. Texts of 12, 60 and 200 words are spoken in turn by `create_stream` and by the router's
`Say`, once a round, the short one five times: costs differ most. The mesh's audio is read as a player
would: an underrun is audio that comes after what came before it was played. Cost is the CPU for a second of
audio, and for the text: with random weights a text is over sooner the shorter its runs are, so that one is
more than the other. Then several clients at once, while two processes ask how the worker is, and how a server
is that does nothing else. `--all` goes on with stops (bench/kokoro_stops.py) and windows
(bench/kokoro_windows.py): with one round, about seven minutes on two idle cores; `--parts` names those
that are wanted. Nothing is written but what is printed. Exits with 1 where a limit is passed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import psutil
from engine_worker import bare, python_of, speak_bare, worker
from mesh import running_bare, running_mesh

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub

_SENTENCE = (
    "Every evening the old keeper climbed the hundred steps to light the great lamp, and every night the "
    "ships that passed the cape could see it turning slowly above the black water. "
)
SOONER = {12: 5.0, 60: 30.0, 200: 30.0}
"""By words: how many times sooner the first audio must come than from `create_stream`."""

COST = 1.0
"""CPU for a second of audio, of all that the worker does, in that of the library alone: the median."""

SHORT, AS_OFTEN = 12, 5
"""Words of the text that is spoken so many times in a round; the others once."""

LAST_OF_FOUR = 1.2
"""Seconds until the last of four clients that ask at once hears something."""

BEHIND = 2.0
"""How much longer a short text may take behind a long one than alone."""

HEALTH = 0.010
"""Seconds within which the worker says how it is, whatever it speaks meanwhile: 99 of 100 answers."""

PARTS = ("texts", "together", "stops", "windows")
"""What is measured: texts against the library, clients at once, and what scripts of their own measure."""


def words(count: int) -> str:
    """Return a text of so many words."""
    return " ".join((_SENTENCE * (count // 20 + 1)).split()[:count]).rstrip(",.") + "."


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text spoken, in seconds: to the first audio, in all, of audio, of silence meanwhile, of CPU."""

    first: float
    all: float
    audio: float
    underrun: float
    cpu: float = 0.0


async def speak(address: str, text: str) -> Spoken:
    """Have a text spoken through the router, and play it in thought."""
    settings = speech_pb2.SpeechSettings(engine="kokoro", voice="af_heart")
    async with grpc.aio.insecure_channel(address) as channel:
        began = time.perf_counter()
        first = played_until = underrun = audio = 0.0
        async for response in SpeechServiceStub(channel).Say(
            speech_pb2.SayRequest(text=text, settings=settings)
        ):
            for event in response.events:
                if not event.HasField("audio"):
                    continue
                now = time.perf_counter() - began
                first = first or now
                late = now - played_until if played_until else 0.0
                underrun += max(late, 0.0)
                seconds = event.audio.sample_count / 24_000
                played_until = max(played_until, now) + seconds
                audio += seconds
        return Spoken(first, time.perf_counter() - began, audio, underrun)


def _cpu(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return float(sum(sum(each.cpu_times()[:2]) for each in family))


def compare(router: str, synth: psutil.Process, alone: subprocess.Popen[str], rounds: int) -> bool:
    """Print the table of texts; return whether it keeps within the limits."""
    print(
        f"{'words':>6}{'times':>6}{'bare first':>12}{'mesh first':>12}{'sooner':>8}{'limit':>6}"
        f"{'underrun':>10}{'limit':>6}{'cost':>7}{'from..to':>12}{'limit':>7}{'of the text':>13}"
    )
    well = True
    for count, least in SOONER.items():
        text, times = words(count), rounds * (AS_OFTEN if count == SHORT else 1)
        pairs = [both(router, synth, alone, text) for _ in range(times)]
        bare, mesh = (statistics.median(each.first for each in kind) for kind in zip(*pairs, strict=True))
        ratio = statistics.median(theirs.first / ours.first for theirs, ours in pairs)
        gap = max(ours.underrun for _, ours in pairs)
        late = sum(ours.underrun > 0 for _, ours in pairs)
        costs = sorted(ours.cpu / ours.audio / (theirs.cpu / theirs.audio) for theirs, ours in pairs)
        cost = statistics.median(costs)
        of_text = statistics.median(ours.cpu / theirs.cpu for theirs, ours in pairs)
        print(
            f"{count:6}{times:6}{bare:11.2f}s{mesh:11.3f}s{ratio:7.1f}x{least:5.0f}x"
            f"{gap * 1000:5.0f}ms/{late:<2}{0:4}ms{cost:6.2f}x{costs[0]:7.2f}..{costs[-1]:.2f}{COST:6.2f}x"
            f"{of_text:12.2f}x",
            flush=True,
        )
        well &= ratio >= least and late == 0 and cost <= COST
    return well


def both(
    router: str, synth: psutil.Process, alone: subprocess.Popen[str], text: str
) -> tuple[Spoken, Spoken]:
    """Have a text spoken by the library alone and through the mesh."""
    bare = speak_bare(alone, text)
    before = _cpu(synth)
    ours = asyncio.run(speak(router, text))
    theirs = Spoken(bare["first"], bare["all"], bare["audio"], 0.0, bare["cpu"])
    return theirs, replace(ours, cpu=_cpu(synth) - before)


@contextlib.asynccontextmanager
async def watched(address: str) -> AsyncIterator[list[float]]:
    """Have a process ask a server how it is; yield what holds its times afterwards, in seconds."""
    took: list[float] = []
    script = str(Path(__file__).with_name("health.py"))
    probe = await asyncio.create_subprocess_exec(
        sys.executable, script, address, stdout=asyncio.subprocess.PIPE
    )
    assert probe.stdout is not None  # noqa: S101  # it was asked for
    await probe.stdout.readline()
    try:
        yield took
    finally:
        probe.terminate()
        told, _ = await probe.communicate()
        took += sorted(json.loads(told))


def health(answers: Mapping[str, list[float]]) -> bool:
    """Print how soon the worker and the bare server said how they are; return whether the worker did in time.

    Args:
        answers: by what was asked, "worker" and "bare": seconds, the shortest first.
    """
    by_name = {
        name: (statistics.median(took), took[len(took) * 99 // 100], took[-1])
        for name, took in answers.items()
    }
    for name, figures in by_name.items():
        p50, p99, most = (seconds * 1000 for seconds in figures)
        print(
            f"health meanwhile, {name:6}: {len(answers[name])} answers, p50 {p50:.1f} ms, p99 {p99:.1f} ms, "
            f"most {most:.1f} ms"
        )
    p50, p99, most = (ours / bare for ours, bare in zip(by_name["worker"], by_name["bare"], strict=True))
    print(
        f"the worker's in proportion to the bare server's: p50 {p50:.2f}, p99 {p99:.2f}, most {most:.2f} "
        f"(limit: the worker's p99 within {HEALTH * 1000:g} ms)"
    )
    return by_name["worker"][1] <= HEALTH


async def together(router: str, synth: str, bare: str, rounds: int) -> bool:
    """Print what several clients at once wait for; return whether it keeps within the limits."""
    lasts: list[float] = []
    pairs: list[tuple[Spoken, Spoken]] = []
    async with watched(synth) as worker_answers, watched(bare) as bare_answers:
        for _ in range(rounds):
            four = await asyncio.gather(*(speak(router, words(60)) for _ in range(4)))
            lasts.append(max(spoken.first for spoken in four))
        for number in range(rounds):
            alone = await speak(router, words(12))
            long = asyncio.ensure_future(speak(router, words(60)))
            await asyncio.sleep(0.5 + number * 0.4)
            pairs.append((alone, await speak(router, words(12))))
            await long
    last = max(lasts)
    print(f"four of 60 words at once: the last first audio after {last:.2f} s (limit {LAST_OF_FOUR:g})")
    ratios = [behind.first / alone.first for alone, behind in pairs]
    wholes = [behind.all / alone.all for alone, behind in pairs]
    print(
        f"12 words behind 60: first audio {statistics.median(ratios):.1f} times as late as alone (limit "
        f"{BEHIND:g}), at most {max(ratios):.1f}; all of it {statistics.median(wholes):.1f} times, at most "
        f"{max(wholes):.1f}"
    )
    healthy = health({"worker": worker_answers, "bare": bare_answers})
    return last <= LAST_OF_FOUR and statistics.median(ratios) <= BEHIND and healthy


def spoken(folder: Path, threads: int, rounds: int, parts: Collection[str]) -> bool:
    """Print what the mesh does; return whether that keeps within the limits."""
    files = str(folder / "kokoro.onnx"), str(folder / "voices.bin")
    settings = {"KOKORO_MODEL": files[0], "KOKORO_VOICES": files[1], "KOKORO_THREADS": str(threads)}
    well = True
    with worker("kokoro", settings) as (address, synth):
        os.environ["ENGINES"] = address
        with running_mesh() as mesh:
            asyncio.run(speak(mesh.router, words(12)))
            if "texts" in parts:
                with bare("kokoro", *files, str(threads)) as alone:
                    well &= compare(mesh.router, synth, alone, rounds)
            if "together" in parts:
                with running_bare() as yardstick:
                    well &= asyncio.run(together(mesh.router, address, yardstick, rounds))
    sys.stdout.flush()
    return well


def further(folder: Path, threads: int, parts: Collection[str]) -> bool:
    """Print what stops and windows take; return whether that keeps within the limits."""
    beside = Path(__file__).parent
    commands = {
        "stops": [sys.executable, str(beside / "kokoro_stops.py"), str(folder), "--stops", "30"],
        "windows": [python_of("kokoro"), str(beside / "kokoro_windows.py"), str(folder), "--rounds", "1"],
    }
    codes = [
        subprocess.run([*command, "--threads", str(threads)], check=False).returncode
        for part, command in commands.items()
        if part in parts
    ]
    return not any(codes)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="with kokoro.onnx and voices.bin")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS[:2], help="what to measure")
    parser.add_argument("--all", action="store_const", const=PARTS, dest="parts", help="measure all of it")
    arguments = parser.parse_args()
    folder, threads, parts = arguments.folder, arguments.threads, arguments.parts
    well = spoken(folder, threads, arguments.rounds, parts) if {*PARTS[:2]} & {*parts} else True
    well &= further(folder, threads, parts)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
