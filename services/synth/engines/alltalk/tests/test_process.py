"""A worker as it runs: nothing that it logs, traces, answers or crashes with shows the key or the text."""

from __future__ import annotations

from typing import ClassVar

from alltalk_server import AllTalkServer

from parlando_synth.remote.secrecy import SecrecyContract
from parlando_synth.remote.service import Fault


class TestAllTalk(SecrecyContract):
    """A key is for a proxy in front of it."""

    engine, prefix = "alltalk", "ALLTALK_"
    cannot: ClassVar = {
        Fault.MODEL: "a request names no model: the server has one loaded",
        Fault.MODERATION: "nobody reads the texts",
    }
    create_service = AllTalkServer
