"""Cancels at random moments, over the wire: nothing stale, and nothing left."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from parlando.audio.v1 import audio_pb2
from parlando_scripted.script import ScriptedSettings
from tests.component.router.cancelling import HASTE, MOMENTS, cancel_at_random
from tests.component.router.mesh import WorkerProcess, mesh, until


@pytest.mark.parametrize(
    ("clients", "cancels", "codec"),
    [
        (1, 20, audio_pb2.AUDIO_CODEC_PCM_S16LE),
        (6, 40, audio_pb2.AUDIO_CODEC_PCM_S16LE),
        (6, 40, audio_pb2.AUDIO_CODEC_MP3),
        (6, 40, audio_pb2.AUDIO_CODEC_OPUS),
    ],
)
async def test_random_cancels_leave_nothing(clients: int, cancels: int, codec: audio_pb2.AudioCodec) -> None:
    manner = replace(HASTE, codec=codec)
    first = WorkerProcess(ScriptedSettings(rate=3.0, instances=8, character_ms=20), max_queued=64)
    second = WorkerProcess(ScriptedSettings(rate=3.0, instances=8, character_ms=20), max_queued=64)
    async with mesh(first, second) as router:
        await cancel_at_random(
            [router.channel], 10, clients, manner, seed=0
        )  # what is opened once stays open
        await until(router.utterances, 0)
        tasks = len(asyncio.all_tasks())
        figures = await cancel_at_random([router.channel], cancels, clients, manner, seed=clients)
        assert (figures.faults, figures.refused) == ([], 0)
        assert set(figures.moments) == set(MOMENTS)
        await until(router.utterances, 0)
        for worker in (first, second):
            await worker.until_load(0)

        # A call that was cancelled while it began must leave no task either.
        async def left() -> int:
            return max(len(asyncio.all_tasks()) - tasks, 0)

        await until(left, 0)
