"""What the service's messages about one text tell: sound, and the times of its words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence

from parlando_elevenlabs.alignment import Alignment
from parlando_elevenlabs.refusals import ServiceError
from parlando_elevenlabs.settings import OutputFormat
from parlando_synth.events import Words
from parlando_synth.remote.g711 import from_a_law, from_mu_law
from parlando_synth.remote.vendor import Said

_EXPANDED: Mapping[OutputFormat, Callable[[bytes], bytes]] = {
    OutputFormat.ULAW_8000: from_mu_law,
    OutputFormat.ALAW_8000: from_a_law,
}


class Telling:
    """What the messages about one text tell: sound, and the times of its words.

    Args:
        direction: what was sent before the text, and is not spoken.
        text: as it was sent.
        output_format: of the sound.
    """

    def __init__(self, direction: str, text: str, output_format: OutputFormat) -> None:
        self._rate = output_format.rate
        self._expand = _EXPANDED.get(output_format)
        self._alignment = Alignment(text, self._rate, direction)
        self._size = 0  # bytes of PCM so far
        self._heard = 0  # samples up to which times were told

    @property
    def whole(self) -> bool:
        """Whether every word was told of."""
        return self._alignment.whole

    def of(
        self,
        audio: object,
        characters: Sequence[str],
        starts: Sequence[float],
        ends: Sequence[float],
        unit: int,
    ) -> list[Said]:
        """Return what a message comes to.

        Args:
            audio: base64, or nothing.
            characters: that it tells of.
            starts: of each, in units.
            ends: likewise.
            unit: units a second.
        """
        said: list[Said] = []
        before = self._size // 2
        if audio:
            try:
                sound = base64.b64decode(str(audio), validate=True)
            except binascii.Error:
                raise ServiceError("unreadable") from None
            sound = sound if self._expand is None else self._expand(sound)
            self._size += len(sound)
            said.append(sound)
        if characters and starts:
            scale = self._rate / unit
            # Over WebSocket times count from the message's own sound; over HTTP nothing says from where.
            # What would lie before that which was told already counts from here.
            offset = before if round(starts[0] * scale) < self._heard else 0
            first = [round(start * scale) + offset for start in starts]
            last = [round(end * scale) + offset for end in ends]
            self._heard = max(last, default=self._heard)
            self._alignment.add(characters, first, last)
        if words := self._alignment.done(self._size // 2):
            said.append(Words(words))
        return said

    def rest(self) -> list[Said]:
        """Return the words that are left once all of the sound is there."""
        words = self._alignment.rest(self._size // 2)
        return [Words(words)] if words else []
