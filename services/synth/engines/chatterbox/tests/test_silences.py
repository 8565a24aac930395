"""How long the engine says that it may be silent."""

from __future__ import annotations

import pytest

from parlando_chatterbox.portions import LONGEST
from parlando_chatterbox.settings import ChatterboxSettings
from parlando_chatterbox.silences import longest_silence
from parlando_chatterbox.speech_tokens import RATE as TOKEN_RATE
from parlando_chatterbox.windows import SIZES

WINDOW = SIZES[-1] / TOKEN_RATE


@pytest.mark.parametrize(
    ("settings", "silence"),
    [
        (ChatterboxSettings(loudness="own"), 0.5 * WINDOW),
        (ChatterboxSettings(), 1.0 + 0.5 * WINDOW),  # a voice may have to be made as loud as the others
        (ChatterboxSettings(live=3), 3 * (1.0 + 0.5 * WINDOW)),
        (ChatterboxSettings(loudness="own", candidates=2), 0.5 * 2 * LONGEST / 15),
    ],
)
def test_it_may_be_silent_while_a_voice_is_made_ready_and_its_largest_window(
    settings: ChatterboxSettings, silence: float
) -> None:
    assert longest_silence(settings, took=1.0, audio=2.0) == pytest.approx(silence)


def test_a_sentence_without_sound_does_not_make_it_fail() -> None:
    assert longest_silence(ChatterboxSettings(), took=1.0, audio=0.0) > 0
