"""A portion of a text, spoken: as it is made, or the best of several takes once it is whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from parlando_chatterbox.alignment import AlignedHeads, Follower
from parlando_chatterbox.library import T3Cond
from parlando_chatterbox.manner import Manner
from parlando_chatterbox.models import Chatterbox, Model
from parlando_chatterbox.pace import letters
from parlando_chatterbox.speech_tokens import RATE as TOKEN_RATE
from parlando_chatterbox.speech_tokens import Sampling, speech_tokens
from parlando_chatterbox.stretch import Stretch
from parlando_chatterbox.takes import Fault, Take, faults
from parlando_chatterbox.watermark import Watermark
from parlando_chatterbox.windows import SIZES

_SLOWEST_SPEECH = 5  # letters a second; a network that takes longer has lost its way
_PAUSE = 2  # seconds that a portion may last beyond that
_MOST_TOKENS = 1_000  # of a portion, as in the library
_SEEDS = 2**31
_APART = 7_919  # between the seeds of takes: those of portions are next to one another

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """As whom and how a job is spoken.

    Attributes:
        speaker: what T3 is told, which writes into it.
        clip: what S3Gen is told, which does not.
        manner: how it speaks.
        language: its primary subtag.
    """

    speaker: T3Cond
    clip: dict[str, Any]
    manner: Manner
    language: str


class Speaking:
    """Speaks portions. Threads may share it: it holds nothing of what it speaks.

    Args:
        model: which it is.
        chatterbox: its networks.
        watermark: is put on all.
        heads: of the network, where it is known which of them follow the text.
    """

    def __init__(
        self, model: Model, chatterbox: Chatterbox, watermark: Watermark, heads: AlignedHeads | None
    ) -> None:
        self._model = model
        self._chatterbox = chatterbox
        self._watermark = watermark
        self._heads = heads

    def streamed(
        self, text: str, delivery: Delivery, seed: int, windows: int
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the sound of a portion as it is made; `windows` as in `Stretch`."""
        tokens = self._tokens(text, delivery, seed, self._follower())
        return self._stretch(delivery, seed, windows).samples(chain(tokens, self._model.ending))

    def best(self, text: str, delivery: Delivery, seed: int, most: int) -> Take:
        """Return the first take that is without fault, or the best of `most`."""
        takes = []
        for number in range(most):
            take = self.take(text, delivery, (seed + number * _APART) % _SEEDS)
            wrong = faults(take, text)
            if not wrong:
                return take
            takes.append((wrong, take))
        wrong, take = min(takes, key=lambda each: len(each[0]))
        _log.warning("no take is without fault, of %d: %s", most, _named(wrong))
        return take

    def take(self, text: str, delivery: Delivery, seed: int) -> Take:
        """Return a portion, whole."""
        follower = self._follower()
        tokens = list(self._tokens(text, delivery, seed, follower))
        stretch = self._stretch(delivery, seed, len(SIZES))
        return Take(
            tokens,
            list(stretch.samples([*tokens, *self._model.ending])),
            ended=len(tokens) < _most(text),
            followed=None if follower is None else follower.followed,
        )

    def _tokens(self, text: str, delivery: Delivery, seed: int, follower: Follower | None) -> Iterator[int]:
        network = self._chatterbox
        return speech_tokens(
            network.t3,
            delivery.speaker,
            self._model.text_tokens(network, text, delivery.language),
            _sampling(delivery.manner),
            torch.Generator(network.device).manual_seed(seed),
            most=_most(text),
            guards=None if follower is None else follower.guard,
        )

    def _stretch(self, delivery: Delivery, seed: int, windows: int) -> Stretch:
        return Stretch(self._chatterbox.s3gen, self._watermark, delivery.clip, seed, windows)

    def _follower(self) -> Follower | None:
        return None if self._heads is None else self._heads.follower()


def _most(text: str) -> int:
    return min(TOKEN_RATE * (letters(text) // _SLOWEST_SPEECH + _PAUSE), _MOST_TOKENS)


def _named(wrong: frozenset[Fault]) -> str:
    return ", ".join(sorted(fault.value for fault in wrong))


def _sampling(manner: Manner) -> Sampling:
    return Sampling(
        temperature=manner.temperature,
        repetition_penalty=manner.repetition_penalty,
        min_p=manner.min_p or 0.0,
        top_p=manner.top_p,
        top_k=int(manner.top_k or 0),
        cfg_weight=manner.cfg_weight or 0.0,
    )
