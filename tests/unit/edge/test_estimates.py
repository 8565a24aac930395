from __future__ import annotations

from dataclasses import replace

import pytest

from parlando_edge.estimates import cost_of, first_chunk_of
from parlando_edge.ports import Engine, Estimate, Worker

_NOTHING = Estimate("espeak", "en", 10, 1.0)


@pytest.mark.parametrize(
    ("nanos", "amount"), [(0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (30_000_000_000, "30")]
)
def test_money_is_exact(nanos: int, amount: str) -> None:
    cost = cost_of(replace(_NOTHING, currency="EUR", nanos=nanos))
    assert cost is not None
    assert (cost.currency, cost.amount) == ("EUR", amount)


def test_an_engine_without_a_price_costs_nothing_to_tell() -> None:
    assert cost_of(_NOTHING) is None


def test_the_best_serving_worker_is_expected() -> None:
    workers = (
        Worker(serving=False, first_chunk=0.001),
        Worker(serving=True, first_chunk=0.02),
        Worker(serving=True, first_chunk=0.01),
        Worker(serving=True),
    )
    engines = [Engine("other", primary=True, workers=()), Engine("espeak", primary=False, workers=workers)]
    assert first_chunk_of("espeak", engines) == 0.01
    assert first_chunk_of("other", engines) is None
