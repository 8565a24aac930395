"""A Pipecat service in a running pipeline, with what comes out at both its ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from loguru import logger
from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame, TTSTextFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner
from suite import RATE, check

logger.remove()
logger.add(sys.stderr, level="ERROR")


class _End(FrameProcessor):
    """An end of the pipeline; it notes what comes by on its way out."""

    def __init__(self, frames: asyncio.Queue[Frame], outwards: FrameDirection) -> None:
        super().__init__()
        self._frames = frames
        self._outwards = outwards

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Note a frame, and pass it on."""
        await super().process_frame(frame, direction)
        if direction == self._outwards:
            self._frames.put_nowait(frame)
        await self.push_frame(frame, direction)


class Running:
    """A running pipeline; `audio` and `text` are what it has spoken so far."""

    def __init__(self, worker: PipelineWorker, frames: asyncio.Queue[Frame]) -> None:
        self.audio = b""
        self.text = ""
        self._worker = worker
        self._frames = frames

    async def queue(self, frame: Frame) -> None:
        """Put a frame in at the pipeline's beginning."""
        await self._worker.queue_frame(frame)

    async def until(self, kind: type[Frame], *, errors: bool = False) -> Any:
        """Return the next frame of some type; an error before it fails, unless `errors`."""
        while True:
            frame = await self._frames.get()
            if isinstance(frame, TTSAudioRawFrame):
                self.audio += frame.audio
            if isinstance(frame, TTSTextFrame):
                self.text += frame.text
            if isinstance(frame, kind):
                return frame
            check(errors or not isinstance(frame, ErrorFrame), frame)


@asynccontextmanager
async def running(service: FrameProcessor) -> AsyncIterator[Running]:
    """Run a pipeline of one service until the caller is done."""
    frames: asyncio.Queue[Frame] = asyncio.Queue()
    ends = (_End(frames, FrameDirection.UPSTREAM), _End(frames, FrameDirection.DOWNSTREAM))
    worker = PipelineWorker(
        Pipeline([ends[0], service, ends[1]]),
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
    )
    started = asyncio.Event()

    async def on_started(*_: object) -> None:
        started.set()

    worker.add_event_handler("on_pipeline_started", on_started)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    task = asyncio.create_task(runner.run())
    try:
        await started.wait()
        yield Running(worker, frames)
    finally:
        await worker.cancel()
        await task
