"""What those who speak at the same time do to the pace."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from parlando_kokoro.company import Company
from parlando_kokoro.runs import SHORTEST, Pace

PER_SYMBOL = 0.01


@pytest.fixture
def company() -> Company:
    pace = Pace(first_run=0.25)
    pace.begin(20, 0.02 + 20 * PER_SYMBOL)
    return Company(pace)


def test_who_is_alone_is_not_slowed_down_by_what_others_took_of_one_another(company: Company) -> None:
    usual = company.pace(alone=True).size(0.0)
    with ExitStack() as rehearsal:
        for _ in range(4):
            rehearsal.enter_context(company.joined())
        assert not company.alone
        for _ in range(16):
            company.pace(alone=company.alone).learn(10, 0.02 + 4 * 10 * PER_SYMBOL)
        assert company.pace(alone=company.alone).size(0.0) == SHORTEST
    assert company.alone
    assert company.pace(alone=company.alone).size(0.0) == usual > SHORTEST


def test_those_who_come_again_are_known_to_slow_one_another_down(company: Company) -> None:
    with company.joined(), company.joined():
        before = company.pace(alone=company.alone).size(2.0)
        company.pace(alone=company.alone).learn(20, 0.02 + 2 * 20 * PER_SYMBOL)
    with company.joined():
        company.pace(alone=company.alone).learn(20, 0.02 + 20 * PER_SYMBOL)
        with company.joined():
            assert company.pace(alone=company.alone).size(2.0) < before


def test_who_breaks_off_is_counted_no_more(company: Company) -> None:
    with pytest.raises(RuntimeError), company.joined(), company.joined():
        raise RuntimeError
    with company.joined():
        assert company.alone
