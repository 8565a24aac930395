"""A synthesis worker with an engine of its own environment, started for a measurement and ended with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc
from mesh import free_port

_ENGINES = Path(__file__).parents[1] / "services/synth/engines"


def python_of(engine: str) -> str:
    """Return the interpreter of an engine's environment."""
    return str(_ENGINES / engine / ".venv/bin/python")


@contextlib.contextmanager
def worker(
    engine: str, settings: Mapping[str, str], *, project: str = ""
) -> Iterator[tuple[str, psutil.Process]]:
    """Start an engine's worker; yield its address and its process once it serves.

    Args:
        engine: its name.
        settings: environment variables.
        project: folder of the project that has it, where that has another name.
    """
    port = free_port()
    environment = {**os.environ, "SYNTH_ENGINE": engine, "SYNTH_PORT": str(port), **settings}
    with subprocess.Popen([python_of(project or engine), "-m", "parlando_synth"], env=environment) as process:
        try:
            address = f"127.0.0.1:{port}"
            with grpc.insecure_channel(address) as channel:
                stub: Any = health_pb2_grpc.HealthStub(channel)
                watch = stub.Watch(
                    health_pb2.HealthCheckRequest(service="parlando.synth.v1.SynthService"),
                    wait_for_ready=True,
                    timeout=300,
                )
                for change in watch:
                    if change.status == health_pb2.HealthCheckResponse.SERVING:
                        break
            yield address, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def bare(engine: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start an engine's library by itself: bench/ENGINE_bare.py in the engine's environment."""
    script = str(Path(__file__).with_name(f"{engine}_bare.py"))
    command = [python_of(engine), "-W", "ignore", script, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            _pipe(process.stdout).readline()
            yield process
        finally:
            process.terminate()


def speak_bare(process: subprocess.Popen[str], text: str) -> dict[str, float]:
    """Have a library speak a text, and return what it measured."""
    _pipe(process.stdin).write(text + "\n")
    _pipe(process.stdin).flush()
    spoken: dict[str, float] = json.loads(_pipe(process.stdout).readline())
    return spoken


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101  # it was asked for
    return pipe
