"""What a caller gets of one sentence, and what must be true of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from parlando_client import (
    AsyncClient,
    AsyncLiveUtterance,
    Audio,
    EngineChanged,
    Event,
    Finished,
    FragmentBegun,
    Started,
    Word,
)

TEXT = (
    "Seven grey lamps were lit, and nobody in the whole town knew who had lit them, or what the old keeper "
    "was waiting for, or why his dog sat on the stones all night and looked out to sea."
)
"""One sentence, of which a listener hears the first words long before its last are made."""

_LOUD = 500  # of 32,767
_GAP = 20 * 24  # samples at 24 kHz: what is silent for longer lies between two words


@dataclass
class Taken:
    """What came of an utterance.

    Attributes:
        speakers: engines that spoke, in order.
        fragments: what was spoken at a time, in order.
        words: of which something was sent, once the utterance has ended.
        pcm: all of its audio, 24 kHz.
    """

    speakers: list[str] = field(default_factory=list)
    fragments: list[FragmentBegun] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    pcm: bytearray = field(default_factory=bytearray)

    def take(self, event: Event) -> None:
        """Note an event."""
        if isinstance(event, Started | EngineChanged):
            self.speakers.append(event.engine)
        elif isinstance(event, FragmentBegun):
            self.fragments.append(event)
        elif isinstance(event, Audio):
            assert event.first_sample == len(self.pcm) // 2, "samples follow one another"
            self.pcm += event.data
        elif isinstance(event, Finished):
            self.words = list(event.words)

    async def until(self, live: AsyncLiveUtterance, speaker: str) -> None:
        """Take events until an engine is heard; the utterance goes on."""
        async for event in live:
            self.take(event)
            if isinstance(event, Audio) and event.sample_count and self.speakers[-1] == speaker:
                return
        raise AssertionError(f"{speaker} was not heard, only {self.speakers}")

    async def rest(self, live: AsyncLiveUtterance) -> None:
        """Take events to the end."""
        async for event in live:
            self.take(event)

    @property
    def says(self) -> list[str]:
        """The words, without the marks that some engines count among them."""
        return [word.text.strip(",.") for word in self.words]

    def sounds(self) -> list[tuple[int, int]]:
        """Return where a tiny network hums, first sample and end: once for each word, silent between."""
        loud = np.flatnonzero(np.abs(np.frombuffer(self.pcm, "<i2").astype(np.int32)) > _LOUD)
        last = np.flatnonzero(np.diff(loud) > _GAP)
        starts, ends = [loud[0], *loud[last + 1]], [*loud[last], loud[-1]]
        return [(int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]


def written(text: str) -> list[str]:
    """Return the words of a text."""
    return [word.strip(",.") for word in text.split()]


async def speak(client: AsyncClient, text: str, engine: str = "") -> tuple[AsyncLiveUtterance, Taken]:
    """Have a text spoken to its end; return the utterance, and what came of it.

    Args:
        client: to a router.
        text: what is spoken.
        engine: the only one that may; "" is any. Where there is another, that takes over on a machine so busy
            that speech is made more slowly than it is played.
    """
    taken = Taken()
    async with client.speak(sample_rate_hz=24_000, engine=engine) as live:
        await live.send(text)
        live.end()
        await taken.rest(live)
    return live, taken
