"""What a worker is doing, as its gauge says."""

from __future__ import annotations

import time

import grpc

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

_IDLE_SECONDS = 20.0


def load(synth: str) -> synth_pb2.EngineLoad:
    """Return the load of the worker at an address."""
    with grpc.insecure_channel(synth) as channel:
        return SynthServiceStub(channel).DescribeEngine(synth_pb2.DescribeEngineRequest(), timeout=5).load


def wait_until_idle(synth: str) -> None:
    """Return once the worker has no synthesis left, live or queued; fail when that takes too long."""
    give_up = time.monotonic() + _IDLE_SECONDS
    while (now := load(synth)).live or now.queued:
        assert time.monotonic() < give_up, f"syntheses left running: {now.live} live, {now.queued} queued"
        time.sleep(0.02)
