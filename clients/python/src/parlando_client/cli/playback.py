"""Playing: which program can, and where in the sound it is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Player:
    """A program that plays raw 16-bit samples, one channel, from its standard input.

    Attributes:
        program: its name.
        outputs: ways to a device, any of which will do: "pulse", "pipewire", "alsa", "coreaudio".
        arguments: its arguments for a sample rate.
    """

    program: str
    outputs: frozenset[str]
    arguments: Callable[[int], tuple[str, ...]]

    def command(self, sample_rate_hz: int) -> tuple[str, ...]:
        """Return the command that plays at a rate."""
        return (self.program, *self.arguments(sample_rate_hz))


_ANY = frozenset({"pulse", "pipewire", "alsa", "coreaudio"})

# In the order in which they are tried. afplay is not among them: it plays finished files only.
PLAYERS = (
    Player(
        "paplay",
        frozenset({"pulse"}),
        lambda rate: ("--raw", f"--rate={rate}", "--channels=1", "--format=s16le", "--latency-msec=100"),
    ),
    Player(
        "pw-play",
        frozenset({"pipewire"}),
        lambda rate: ("--raw", f"--rate={rate}", "--channels=1", "--format=s16", "--latency=100ms", "-"),
    ),
    Player(
        "aplay",
        frozenset({"alsa"}),
        lambda rate: ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(rate), "-B", "200000", "-"),
    ),
    Player(
        "ffplay",
        _ANY,
        lambda rate: (
            *("-loglevel", "error", "-nodisp", "-autoexit", "-fflags", "nobuffer", "-probesize", "32"),
            *("-f", "s16le", "-ar", str(rate), "-i", "-"),
        ),
    ),
    Player(
        "play",
        _ANY,
        lambda rate: ("-q", "-t", "raw", "-e", "signed", "-b", "16", "-L", "-c", "1", "-r", str(rate), "-"),
    ),
)


def outputs(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the ways to a sound device that this user has."""
    found = set()
    runtime = Path(environment.get("XDG_RUNTIME_DIR", "/nonexistent"))
    if environment.get("PULSE_SERVER") or os.access(runtime / "pulse" / "native", os.W_OK):
        found.add("pulse")
    if os.access(runtime / environment.get("PIPEWIRE_REMOTE", "pipewire-0"), os.W_OK):
        found.add("pipewire")
    if any(os.access(device, os.W_OK) for device in Path("/dev/snd").glob("pcmC*D*p")):
        found.add("alsa")
    if sys.platform == "darwin":
        found.add("coreaudio")
    return frozenset(found)


def find_player(environment: Mapping[str, str]) -> Player | None:
    """Return the first player that is installed and can reach a device, or None."""
    reachable = outputs(environment)
    path = environment.get("PATH")
    for player in PLAYERS:
        if player.outputs & reachable and shutil.which(player.program, path=path):
            return player
    return None


def why_silent(environment: Mapping[str, str]) -> str:
    """Return what to do where `find_player` found none."""
    if not outputs(environment):
        return "there is no sound device to play on: write a file with -o speech.wav"
    names = ", ".join(player.program for player in PLAYERS)
    return f"no program to play sound with: install one of {names}, or write a file with -o speech.wav"


class PlaybackClock:
    """Where playback is, from what was handed to the player and when; clock readings are seconds.

    It follows a player that plays at once and without a break while it has samples, and waits while it
    has none; a device's own delay of some tens of milliseconds is left out.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._given = 0
        self._base = 0  # where the present run of sound began, in samples
        self._since = 0.0  # and when

    def add(self, samples: int, now: float) -> None:
        """Note samples handed to the player."""
        if self.position(now) >= self._given:
            self._base, self._since = self._given, now
        self._given += samples

    def complete(self) -> None:
        """Note that the player has played everything."""
        self._base = self._given

    def position(self, now: float) -> int:
        """Return how many samples have been played."""
        return min(self._given, self._base + max(0, int((now - self._since) * self._rate)))
