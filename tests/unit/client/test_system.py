"""Which processes `parlando up` runs, and what each is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.system import Places, children
from parlando_client.supervisor.workers import Worker

_ESPEAK = [Worker(f"synth-{port}", "espeak", port) for port in (31, 32, 33)]
_KOKORO = Worker("synth-kokoro", "kokoro", 41, "/elsewhere/python")


def _together(*workers: Worker, edges: Sequence[int] = (1, 101)) -> list[Child]:
    routers = tuple(edge + 10 for edge in edges)
    places = Places(
        edges=tuple(edges), routers=routers, session=3, fragmenter=4, workers=workers, together=True
    )
    return list(children(places))


def test_each_edge_has_a_router_a_fragmenter_and_a_worker_in_its_process() -> None:
    first, second, *others = _together(*_ESPEAK)
    assert (first.name, first.ports) == (
        "together",
        {"EDGE_PORT": 1, "ROUTER_PORT": 11, "FRAGMENTER_PORT": 4, "SYNTH_PORT": 31},
    )
    assert (second.name, second.ports) == (
        "together-101",
        {"EDGE_PORT": 101, "ROUTER_PORT": 111, "SYNTH_PORT": 32},
    )
    assert second.environment["FRAGMENTER_PORT"] == "0"
    assert [each.name for each in others] == ["session", "synth-33"]
    for each in (first, second):
        assert each.command == (sys.executable, "-m", "parlando_together")
        assert each.environment["SYNTH_ENGINE"] == "espeak"
        assert each.environment["ENGINES"] == "127.0.0.1:31,127.0.0.1:32,127.0.0.1:33"
        assert each.environment["SESSION_ADDRESS"] == "127.0.0.1:3"


def test_a_worker_with_an_environment_of_its_own_stays_apart() -> None:
    together, *others = _together(_KOKORO, _ESPEAK[0], edges=(1,))
    assert (together.environment["SYNTH_ENGINE"], together.ports["SYNTH_PORT"]) == ("espeak", 31)
    assert [each.name for each in others] == ["session", "synth-kokoro"]


def test_without_a_worker_that_can_be_inside_there_is_none() -> None:
    together, *others = _together(_KOKORO, edges=(1,))
    assert together.environment["SYNTH_ENGINE"] == ""
    assert "SYNTH_PORT" not in together.ports
    assert [each.name for each in others] == ["session", "synth-kokoro"]
