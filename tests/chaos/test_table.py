"""The table of the disturbed system is that of `parlando up`."""

from __future__ import annotations

from itertools import count

from parlando_client.supervisor.envoy import Front
from parlando_client.supervisor.system import Places, children
from parlando_client.supervisor.workers import Worker
from tests.chaos.table import ADMIN, Told, kind_of, services_of, table


def test_parts_are_stopped_in_the_order_of_parlando_up() -> None:
    worker = Worker("synth", "espeak", 6)
    front = Front(port=1, admin_port=7)
    usual = children(
        Places(edges=(2,), routers=(3,), session=4, fragmenter=5, workers=(worker,), front=front)
    )
    names = ("envoy", "edge", "router", "session", "fragmenter", "synth", ADMIN)
    own = dict(zip(names, count(1)))
    own["redis"] = 8
    told = Told(own, dict.fromkeys(own, own), {}, "espeak", "")
    assert [kind_of(child.name) for child in table(told)] == [*(child.name for child in usual), "redis"]


def test_each_of_two_in_one_process_asks_its_own_worker_within_and_the_other_by_a_cable() -> None:
    parts = ("together", "together-2", "session", "envoy")
    names = [each for part in parts for each in services_of(part)]
    own = dict(zip((*names, ADMIN), count(1)))
    cables = {"synth": 31, "synth-2": 32, "session": 33}
    views = {
        "together": {"synth-2": 32, "session": 33},
        "together-2": {"synth": 31, "session": 33},
        "session": {},
        "envoy": {},
    }
    metrics = {"together": 41, "together-2": 42}
    first, second, *others = table(Told(own, views, metrics, "scripted", ""))
    assert [child.name for child in others] == ["envoy", "session"]
    for part, child in (("together", first), ("together-2", second)):
        edge, router, fragmenter, worker = (own[name] for name in services_of(part))
        ports = {"EDGE": edge, "ROUTER": router, "FRAGMENTER": fragmenter, "SYNTH": worker}
        ports["EDGE_METRICS"] = metrics[part]
        seen = {**cables, services_of(part)[-1]: worker}
        told = {f"{name}_PORT": str(port) for name, port in ports.items()} | {
            "SYNTH_HOST": "127.0.0.1",
            "SYNTH_ENGINE": "scripted",
            "ENGINES": f"127.0.0.1:{seen['synth']},127.0.0.1:{seen['synth-2']}",
            "SESSION_ADDRESS": "127.0.0.1:33",
        }
        assert child.environment.items() >= told.items()
