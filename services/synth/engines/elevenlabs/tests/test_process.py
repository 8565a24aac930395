"""A worker as it runs: nothing that it logs, traces, answers or crashes with shows the key or the text."""

from __future__ import annotations

from typing import ClassVar

from elevenlabs_server import ElevenLabsServer

from parlando_synth.remote.secrecy import SecrecyContract


class TestWebSocket(SecrecyContract):
    """Contexts on a WebSocket."""

    engine, prefix = "elevenlabs", "ELEVENLABS_"
    more: ClassVar = {"ELEVENLABS_TRANSPORT": "websocket"}
    create_service = ElevenLabsServer


class TestHttp(SecrecyContract):
    """A request each."""

    engine, prefix = "elevenlabs", "ELEVENLABS_"
    more: ClassVar = {"ELEVENLABS_TRANSPORT": "http"}
    create_service = ElevenLabsServer
