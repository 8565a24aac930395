"""Every service can be listed and called by somebody who has only an address."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import System

_BUF = Path(sys.executable).with_name("buf")
_SPEECH, _SYNTH = "parlando.speech.v1.SpeechService", "parlando.synth.v1.SynthService"
_FRAGMENTER = "parlando.fragmenter.v1.FragmenterService"
_HEALTH = "grpc.health.v1.Health"


def buf_curl(*arguments: str) -> str:
    """Return what `buf curl` prints over plain gRPC."""
    command = [str(_BUF), "curl", "--http2-prior-knowledge", "--protocol", "grpc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "service"), [("router", _SPEECH), ("synth", _SYNTH), ("fragmenter", _FRAGMENTER)]
)
def test_each_service_lists_its_methods(system: System, name: str, service: str) -> None:
    address = f"http://{getattr(system, name)}"
    services = buf_curl("--list-services", address).split()
    assert {service, _HEALTH} <= set(services)
    methods = buf_curl("--list-methods", address).split()
    assert any(method.startswith(f"{service}/") for method in methods)


@pytest.mark.parametrize(
    ("name", "method", "data", "expected"),
    [
        ("router", f"{_SPEECH}/ListVoices", {"language": "fr"}, '"roa/fr"'),
        ("router", f"{_SPEECH}/ListEngines", {}, '"espeak"'),
        ("router", f"{_SPEECH}/EstimateCost", {"text": "Hello."}, '"characters": "6"'),
        ("router", f"{_SPEECH}/Say", {"text": "Hello."}, '"finished"'),
        ("router", f"{_SPEECH}/Speak", {"epoch": 1, "open": {}}, '"finished"'),
        ("router", f"{_SPEECH}/StreamAudio", {"text": "Hello."}, '"audio/pcm;rate=24000"'),
        ("synth", f"{_SYNTH}/DescribeEngine", {}, '"ENGINE_STATE_READY"'),
        ("synth", f"{_SYNTH}/ListVoices", {"language": "de"}, '"gmw/de"'),
        ("synth", f"{_SYNTH}/Synthesize", {"synthesisId": "by-hand", "text": "Hello."}, '"finished"'),
        ("synth", f"{_SYNTH}/StopSynthesis", {"synthesisId": "never-begun"}, '"STOP_OUTCOME_STOPPED"'),
        ("fragmenter", f"{_FRAGMENTER}/Fragment", {"config": {}}, ""),
        ("fragmenter", f"{_HEALTH}/Check", {}, '"SERVING"'),
    ],
)
def test_each_method_is_called_by_reflection(
    system: System, name: str, method: str, data: dict[str, object], expected: str
) -> None:
    printed = buf_curl("--data", json.dumps(data), f"http://{getattr(system, name)}/{method}")
    assert expected in printed
