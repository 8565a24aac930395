"""What the domain knows: messages as documents, and nothing of how they travel or where they are kept."""

import subprocess
import sys

import pytest

_DOMAIN = ("sessions", "turns", "budgets", "policies", "export", "masks", "hearing", "memory_store", "ports")


@pytest.mark.parametrize("module", _DOMAIN)
def test_the_domain_imports_neither_grpc_nor_a_store(module: str) -> None:
    program = f"import sys, parlando_session.{module}; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = loaded.stdout.split()
    assert f"parlando_session.{module}" in modules
    forbidden = (
        "grpc",
        "redis",
        "pydantic_settings",
        "parlando_session.redis_store",
        "parlando_session.servicer",
    )
    assert [name for name in forbidden if name in modules] == []
    assert [name for name in modules if name.endswith("_pb2_grpc")] == []
