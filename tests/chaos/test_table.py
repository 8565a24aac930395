"""The table of the disturbed system is that of `parlando up`."""

from __future__ import annotations

from itertools import count

from parlando_client.supervisor.envoy import Front
from parlando_client.supervisor.system import Places, children
from parlando_client.supervisor.workers import Worker
from tests.chaos.table import ADMIN, Told, kind_of, table


def test_parts_are_stopped_in_the_order_of_parlando_up() -> None:
    worker = Worker("synth", "espeak", 6)
    front = Front(port=1, admin_port=7)
    usual = children(
        Places(edges=(2,), routers=(3,), session=4, fragmenter=5, workers=(worker,), front=front)
    )
    names = ("envoy", "edge", "router", "session", "fragmenter", "synth", ADMIN)
    own = dict(zip(names, count(1)))
    told = Told(own | {"redis": 8}, dict.fromkeys(own, own), {}, "espeak", "")
    assert [kind_of(child.name) for child in table(told)] == [*(child.name for child in usual), "redis"]
