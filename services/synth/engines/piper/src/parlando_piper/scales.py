"""What a job may ask of a network beyond its text."""

from __future__ import annotations

from collections.abc import Mapping

from piper import PiperConfig, SynthesisConfig

from parlando_kit.errors import ParlandoError, Reason

RANGES = {"length_scale": (0.25, 4.0), "noise_scale": (0.0, 2.0), "noise_w_scale": (0.0, 2.0)}
"""Engine options: how long phonemes last, how much the sound varies, how much their length varies."""


def scales(
    config: PiperConfig, number: int | None, speed: float, options: Mapping[str, str]
) -> SynthesisConfig:
    """Return the scales of a job; what it does not say is as the voice's file has it.

    Args:
        config: the voice's.
        number: which of its speakers.
        speed: in proportion to the voice's own; it shortens what `length_scale` asks for.
        options: engine options; those that are not in `RANGES` are not looked at.

    Raises:
        ParlandoError: OUT_OF_RANGE, an option is no number, or not in its range.
    """
    asked = {name: _number(name, options[name]) for name in RANGES if name in options}
    return SynthesisConfig(
        speaker_id=number,
        length_scale=asked.get("length_scale", config.length_scale) / speed,
        noise_scale=asked.get("noise_scale"),
        noise_w_scale=asked.get("noise_w_scale"),
    )


def _number(name: str, text: str) -> float:
    least, most = RANGES[name]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"engine_options.{name} is a number from {least:g} to {most:g}",
            field=f"engine_options.{name}",
        )
    return value
