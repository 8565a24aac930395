"""A stop in the middle of a network's run: every block of it looks at the flag of the job it works for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from parlando_synth.stop_flag import StopFlag


class Interrupted(Exception):  # noqa: N818  # it is no error
    """The job of this thread was stopped."""


class Interruption:
    """Ends runs of networks that threads share, each by the flag of the job that it works for.

    A block is what stands in a list of modules: a layer of a transformer, a convolution of a vocoder. The
    largest takes a few milliseconds on a GPU, and some tens on a core.

    Args:
        networks: whose blocks are to look.
    """

    def __init__(self, *networks: nn.Module) -> None:
        self._here = threading.local()
        self._hooks = [
            block.register_forward_pre_hook(self._look)
            for network in networks
            for part in network.modules()
            if isinstance(part, nn.ModuleList)
            for block in part
            if not isinstance(block, nn.ModuleList)
        ]

    def close(self) -> None:
        """Let go of the networks."""
        for hook in self._hooks:
            hook.remove()

    @contextmanager
    def by(self, stop: StopFlag) -> Iterator[None]:
        """Run networks on this thread until a flag is set; then `Interrupted` is raised out of the run."""
        self._here.stop = stop
        try:
            yield
        finally:
            self._here.stop = None

    def check(self) -> None:
        """Raise where the job of this thread is stopped.

        Raises:
            Interrupted: it is.
        """
        stop: StopFlag | None = getattr(self._here, "stop", None)
        if stop is not None and stop.requested:
            raise Interrupted

    def _look(self, _module: nn.Module, _inputs: Any) -> None:
        self.check()
