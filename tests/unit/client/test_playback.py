from __future__ import annotations

import socket
from pathlib import Path

import pytest

from parlando_client.cli.playback import PlaybackClock, find_player, why_silent


def desktop(folder: Path, *programs: str) -> dict[str, str]:
    """Return the environment of a machine with these programs and a PulseAudio server."""
    for program in programs:
        path = folder / program
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    runtime = folder / "run"
    (runtime / "pulse").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(runtime / "pulse" / "native"))
    return {"PATH": str(folder), "XDG_RUNTIME_DIR": str(runtime)}


def test_the_first_player_that_reaches_a_device_is_taken(tmp_path: Path) -> None:
    player = find_player(desktop(tmp_path, "play", "ffplay", "aplay", "pw-play"))
    assert player is not None
    assert player.program == "ffplay"  # aplay and pw-play cannot reach this server


def test_the_rate_is_part_of_every_command(tmp_path: Path) -> None:
    player = find_player(desktop(tmp_path, "paplay"))
    assert player is not None
    assert player.command(16_000)[0] == "paplay"
    assert "--rate=16000" in player.command(16_000)


def test_without_a_program_the_remedy_is_to_install_one(tmp_path: Path) -> None:
    environment = desktop(tmp_path)
    assert find_player(environment) is None
    assert why_silent(environment).startswith("no program to play sound with: install one of paplay")


@pytest.mark.parametrize("start", [0.0, 1000.5])
def test_playback_follows_the_clock_and_never_leads_the_samples(start: float) -> None:
    clock = PlaybackClock(1_000)
    assert clock.position(start) == 0
    clock.add(500, start)
    assert clock.position(start) == 0
    assert clock.position(start + 0.25) == 250
    clock.add(500, start + 0.25)
    assert clock.position(start + 0.75) == 750
    assert clock.position(start + 9) == 1_000


def test_playback_waits_where_samples_come_too_late() -> None:
    clock = PlaybackClock(1_000)
    clock.add(500, 10.0)
    clock.add(500, 12.0)  # 1.5 s after the first ran out
    assert clock.position(12.0) == 500
    assert clock.position(12.25) == 750
