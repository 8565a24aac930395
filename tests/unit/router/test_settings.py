"""What the router is told by its environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from parlando_router.settings import RouterSettings


@pytest.mark.parametrize("engines", ["dns:///espeak", "espeak", "a:1,espeak", "dns:///espeak:", "a b:1"])
def test_a_worker_without_a_port_is_refused_by_name(engines: str) -> None:
    with pytest.raises(ValidationError, match="has no port"):
        RouterSettings(engines=engines)


def test_workers_and_maps_are_listed() -> None:
    settings = RouterSettings(engines="a:1, dns:///b:2,,[::1]:3", voice_maps="one.json, two.json")
    assert settings.engine_targets == ["a:1", "dns:///b:2", "[::1]:3"]
    assert settings.voice_map_files == [Path("one.json"), Path("two.json")]
