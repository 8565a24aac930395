"""What instances share is loaded once, and let go of with the last."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.shared import Shared


def test_all_instances_have_the_same_and_the_last_one_lets_go() -> None:
    ended: list[object] = []
    shared = Shared(object, ended.append)
    with ThreadPoolExecutor(4) as threads:
        given = list(threads.map(lambda _: shared.enter(), range(4)))
    assert {id(each) for each in given} == {id(shared.loaded)}
    for _ in range(3):
        shared.leave()
    assert ended == []
    shared.leave()
    assert ended == given[:1]
    assert shared.enter() is not given[0]


def test_what_cannot_be_loaded_is_tried_again() -> None:
    tries: list[int] = []

    def load() -> int:
        tries.append(len(tries))
        if len(tries) == 1:
            raise ParlandoError(Reason.MODEL_NOT_FOUND, "not there")
        return len(tries)

    shared = Shared(load, lambda _: None)
    with pytest.raises(ParlandoError, match="not there"):
        shared.enter()
    with pytest.raises(ParlandoError) as refused:
        _ = shared.loaded
    assert refused.value.reason is Reason.ENGINE_FAILED
    assert shared.enter() == 2
