"""How loud speech is, by ITU-R BS.1770-4, and speech made louder."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from parlando_router.loudness import louder, loudness

RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)


def _pcm(samples: NDArray[np.float64]) -> bytes:
    """Return samples of a full scale of 1 as 16-bit PCM."""
    return np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype("<i2").tobytes()


def _tone(hertz: float, seconds: float, rate: int, peak: float) -> NDArray[np.float64]:
    samples: NDArray[np.float64] = peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return samples


def _noise(seconds: float, rate: int) -> NDArray[np.float64]:
    samples: NDArray[np.float64] = np.random.default_rng(1).standard_normal(round(seconds * rate)) * 0.1
    return samples


@pytest.mark.parametrize("rate", RATES[1:])
def test_a_tone_of_997_hz_is_as_loud_as_the_recommendation_says(rate: int) -> None:
    # One channel at full scale: -3.01 LUFS.
    level = loudness(_pcm(_tone(997, 5, rate, 0.5)), rate)
    assert level == pytest.approx(-3.01 - 6.02, abs=0.05)


@pytest.mark.parametrize(
    ("rate", "level"),
    # As pyloudnorm 0.1.1 says of the same samples.
    list(zip(RATES, (-18.034, -17.352, -17.171, -17.128, -16.931, -16.910), strict=True)),
)
def test_noise_is_as_loud_as_another_meter_says(rate: int, level: float) -> None:
    assert loudness(_pcm(_noise(5, rate)), rate) == pytest.approx(level, abs=0.05)


def test_silence_and_what_is_much_quieter_do_not_count() -> None:
    rate = 24_000
    speech = _noise(3, rate)
    alone = loudness(_pcm(speech), rate)
    assert alone is not None
    for quiet in (np.zeros(3 * rate), _noise(3, rate) * 0.01):
        both = loudness(_pcm(np.concatenate([quiet, speech, quiet])), rate)
        assert both == pytest.approx(alone, abs=0.5)  # ungated it were 4.8; blocks half of either count


def test_too_little_and_nothing_have_no_loudness() -> None:
    assert loudness(_pcm(_noise(0.39, 24_000)), 24_000) is None
    assert loudness(_pcm(np.zeros(24_000)), 24_000) is None
    assert loudness(b"", 24_000) is None


def test_what_is_made_louder_is_as_much_louder() -> None:
    rate, pcm = 24_000, _pcm(_noise(2, 24_000) * 0.3)
    before, after = loudness(pcm, rate), loudness(louder(pcm, 6.0), rate)
    assert before is not None
    assert after == pytest.approx(before + 6.0, abs=0.01)
    assert louder(pcm, 0.0) is pcm
