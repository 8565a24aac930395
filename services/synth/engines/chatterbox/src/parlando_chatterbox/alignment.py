"""Where in its text a multilingual network is, so that it neither ends early nor rambles on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from parlando_chatterbox.library import LLAMA_ALIGNED_HEADS, T3, AlignmentStreamAnalyzer
from parlando_chatterbox.speech_tokens import Guard

logging.getLogger("chatterbox.models.t3.inference.alignment_stream_analyzer").setLevel(logging.ERROR)

_ENDING = 5
"""Text tokens at an end that the library looks for in what came before: it fails where none are before."""


class AlignedHeads:
    """What the heads that follow the text attend to, each thread's apart.

    The library hooks the network anew for each text, and never lets go; here it is hooked once.

    Args:
        network: whose heads; it must be multilingual.
    """

    def __init__(self, network: T3) -> None:
        self._here = threading.local()
        self._end = network.hp.stop_speech_token
        network.tfmr.set_attn_implementation("eager")  # the others do not tell
        self._hooks = [
            network.tfmr.layers[layer].self_attn.register_forward_hook(self._keep(place, head))
            for place, (layer, head) in enumerate(LLAMA_ALIGNED_HEADS)
        ]

    def close(self) -> None:
        """Let go of the network."""
        for hook in self._hooks:
            hook.remove()

    def follower(self) -> Follower:
        """Return what follows the speaking of one text."""
        return Follower(self._seen, self._end)

    def _keep(self, place: int, head: int) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            self._seen()[place] = output[1][0, head].cpu()

        return hook

    def _seen(self) -> list[Tensor | None]:
        if not hasattr(self._here, "attention"):
            self._here.attention = [None] * len(LLAMA_ALIGNED_HEADS)
        attention: list[Tensor | None] = self._here.attention
        return attention


class Follower:
    """Follows the speaking of one text, and guards its end.

    Args:
        seen: returns what the heads attend to at this step.
        end: token that ends speech.
    """

    def __init__(self, seen: Callable[[], list[Tensor | None]], end: int) -> None:
        self._seen = seen
        self._end = end
        self._watcher: _Watcher | None = None

    @property
    def followed(self) -> bool:
        """The network has come to the end of its text, or the text is too short to tell."""
        return self._watcher is None or bool(self._watcher.complete)

    def guard(self, first: int, end: int) -> Guard:
        """Return what guards the speaking of a text, at places [first, end) of what the network reads."""
        if end - first <= _ENDING:
            return lambda logits, _previous: logits
        watcher = self._watcher = _Watcher(None, None, text_tokens_slice=(first, end), eos_idx=self._end)

        def guard(logits: Tensor, previous: int) -> Tensor:
            watcher.last_aligned_attns = list(self._seen())
            guarded: Tensor = watcher.step(logits, next_token=previous)
            return guarded

        return guard


class _Watcher(AlignmentStreamAnalyzer):  # type: ignore[misc]  # the library has no types
    """The library's judgement, without its hooks."""

    def _add_attention_spy(self, tfmr: None, buffer_idx: int, layer_idx: int, head_idx: int) -> None:
        pass
