"""The engines, by the names of their entry points."""

from __future__ import annotations

from parlando_google.chirp import ChirpVendor
from parlando_google.classic import ClassicVendor
from parlando_google.settings import ChirpSettings, ClassicSettings
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine


def google() -> Engine:
    """Return Chirp 3 HD, as its settings say."""
    settings = ChirpSettings()
    return RemoteEngine(ChirpVendor(settings), settings)


def google_classic() -> Engine:
    """Return one family of the older voices, as its settings say."""
    settings = ClassicSettings()
    return RemoteEngine(ClassicVendor(settings), settings)
