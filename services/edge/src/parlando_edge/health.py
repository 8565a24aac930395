"""How the edge and what it needs are: one word for probes, each part's own word for people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from parlando_edge.answers import json_answer
from parlando_edge.gate import Gate
from parlando_edge.ports import Engine, Speaker, Worker
from parlando_edge.session_ports import SessionStore
from parlando_kit.errors import ParlandoError

_ENGINES_WITH_MODELS = ("kokoro",)
"""Engines that are nothing without their model files: listed also while no worker of theirs is there."""


def _engine(engine: Engine) -> dict[str, Any]:
    """Return an engine's own word: that of its best worker, and how many there are."""
    best = min(engine.workers, key=lambda worker: not worker.serving, default=Worker(serving=False))
    shown: dict[str, Any] = {
        "serving": best.serving,
        "primary": engine.primary,
        "state": best.state,
        "detail": best.detail,
        "version": best.version,
        "workers": len(engine.workers),
        "workers_serving": sum(worker.serving for worker in engine.workers),
    }
    if best.model:
        shown["model"] = best.model
    if best.first_chunk is not None:
        shown["predicted_first_chunk_ms"] = round(best.first_chunk * 1000, 1)
    return shown


def describe_engines(engines: Sequence[Engine]) -> dict[str, Any]:
    """Return each engine's own word, and for those with models `<name>_model_present`."""
    named = [engine for engine in engines if engine.name]
    with_models = {engine.name for engine in named if any(worker.model for worker in engine.workers)}
    present = {
        engine.name
        for engine in named
        if any(worker.state in ("ready", "draining") for worker in engine.workers)
    }
    return {
        "engines": {engine.name: _engine(engine) for engine in named},
        "workers_unreached": sum(len(engine.workers) for engine in engines if not engine.name),
        **{f"{name}_model_present": name in present for name in {*_ENGINES_WITH_MODELS, *with_models}},
    }


class Health:
    """Answers probes.

    Args:
        gate: knows whether the edge drains.
        speaker: the router; without it there is no speech.
        store: the session service; without it nothing is remembered, and speech goes on.
    """

    def __init__(self, gate: Gate, speaker: Speaker, store: SessionStore) -> None:
        self._gate = gate
        self._speaker = speaker
        self._store = store

    async def healthz(self, _request: Request) -> Response:
        """Answer that the process is up."""
        return json_answer({"status": "ok"})

    async def health(self, _request: Request) -> Response:
        """Answer with every part's word, always with status 200."""
        _, report = await self._report()
        return json_answer(report)

    async def readyz(self, _request: Request) -> Response:
        """Answer the same, with status 503 when no speech can be made here."""
        ready, report = await self._report()
        return json_answer(report, 200 if ready else 503)

    async def _report(self) -> tuple[bool, dict[str, Any]]:
        router, session, engines = await asyncio.gather(
            self._speaker.serving(), self._store.serving(), self._engines()
        )
        speaks = any(worker.serving for engine in engines or () for worker in engine.workers)
        ready = router and speaks and not self._gate.draining.is_set()
        status = "unavailable"
        if ready:
            status = "ok" if session else "degraded"
        return ready, {
            "status": status,
            "draining": self._gate.draining.is_set(),
            "dependencies": {
                "router": {"serving": router, "detail": "" if router else "it does not say that it serves"},
                "session": {
                    "serving": session,
                    "detail": ""
                    if session
                    else "sessions are not kept; each connection has its own settings",
                },
            },
            **describe_engines(engines or ()),
        }

    async def _engines(self) -> Sequence[Engine] | None:
        try:
            return await self._speaker.engines()
        except ParlandoError:
            return None
