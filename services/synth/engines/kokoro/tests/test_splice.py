"""What is kept of a run's windows, and how it begins and ends."""

import numpy as np
import pytest

from parlando_kokoro.network import SAMPLE_RATE, Run
from parlando_kokoro.splice import spliced

_FADE = round(0.005 * SAMPLE_RATE)
_KEPT = round(0.025 * SAMPLE_RATE)
_SPEECH = (1_000, 5_000)
_LENGTH = 6_000


@pytest.mark.parametrize("size", [1, 7, _FADE - 1, _FADE, 500, 4_650, _LENGTH])
def test_a_run_is_faded_at_both_ends_wherever_its_windows_are_cut(size: int) -> None:
    whole = np.random.default_rng(7).standard_normal(_LENGTH).astype(np.float32)
    edges = np.array([0, _SPEECH[0], 3_000, _SPEECH[1], _LENGTH])
    windows = (whole[start : start + size] for start in range(0, _LENGTH, size))
    made = spliced(Run(_LENGTH, edges, windows), "ab")
    assert made is not None
    sound = np.concatenate([made.first, *made.windows])
    kept = whole[_SPEECH[0] - _KEPT : _SPEECH[1] + _KEPT]
    since = np.arange(len(kept))
    shape = np.minimum(np.minimum(since, len(kept) - since) / _FADE, 1.0)
    assert made.length == len(kept)
    np.testing.assert_allclose(sound, kept * shape, rtol=1e-6)
    assert np.array_equal(sound[_FADE:-_FADE], kept[_FADE:-_FADE])


def test_what_a_run_is_made_of_stays_as_it_was() -> None:
    whole = np.ones(_LENGTH, np.float32)
    edges = np.array([0, *_SPEECH, _LENGTH])
    made = spliced(Run(_LENGTH, edges, iter([whole])), "a")
    assert made is not None
    assert made.first[0] == 0.0
    assert whole.all()
