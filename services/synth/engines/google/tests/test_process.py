"""Workers as they run: nothing that they log, trace, answer or crash with shows the key or the text."""

from __future__ import annotations

from typing import ClassVar

from google_server import GoogleServer

from parlando_synth.remote.secrecy import SecrecyContract
from parlando_synth.remote.service import Fault


class TestChirp(SecrecyContract):
    """Chirp 3 HD."""

    engine, prefix, address = "google", "GOOGLE_", "ENDPOINT"
    cannot: ClassVar = {Fault.WRONG_RATE: "an answer of bare PCM states no rate"}
    create_service = GoogleServer


class TestClassic(SecrecyContract):
    """The older voices."""

    engine, prefix, address = "google-classic", "GOOGLE_", "ENDPOINT"
    create_service = GoogleServer
