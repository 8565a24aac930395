"""What is pure costs nothing to import: no transport, no settings, no telemetry, no arrays."""

import subprocess
import sys

import pytest

_HEAVY = ("grpc", "google", "parlando", "pydantic", "pydantic_settings", "opentelemetry", "numpy", "uvloop")


@pytest.mark.parametrize(
    "module",
    ["", ".clock", ".errors", ".ledger", ".queues", ".spans", ".tasks", ".telemetry_names"],
)
def test_a_pure_module_imports_nothing_heavy(module: str) -> None:
    name = "parlando_kit" + module
    program = f"import {name}, sys; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = loaded.stdout.split()
    assert name in modules
    assert [heavy for heavy in _HEAVY if heavy in modules] == []


def test_telemetry_that_is_off_imports_no_sdk() -> None:
    program = (
        "import sys, contextlib, parlando_kit.telemetry as t, parlando_kit.settings as s;"
        "settings = s.ServerSettings(otlp_endpoint='', metrics_port=0);"
        "t.set_up('probe', settings, contextlib.AsyncExitStack());"
        "assert t.server_interceptors(settings) == ();"
        "print(*sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = loaded.stdout.split()
    assert "opentelemetry.metrics" in modules
    assert [
        name for name in modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))
    ] == []
