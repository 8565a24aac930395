"""How a seam in the middle of a fragment sounds to one who knows nothing of our word times.

    bench/seams.py [--seams 100] [--seed 1]

Two espeak workers; the link to the one that speaks is cut after a random number of bytes, so that the other
goes on in the middle of a fragment. pocketsphinx then listens to every utterance that has a seam, and to the
same texts undisturbed: which of the twenty texts was it (a closed grammar), and can all words of the text be
aligned with it by force?
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import numpy as np
from pocketsphinx import Decoder

sys.path.insert(0, str(Path(__file__).parents[1]))

from parlando.admin.v1 import admin_pb2, admin_service_pb2_grpc
from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from tests.chaos.listening import TEXTS
from tests.chaos.system import ESPEAK, Service, running, until_it_speaks

if TYPE_CHECKING:
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

_RATE = 16_000
_BYTES = 44_100 * 5
"""What a worker sends for five seconds: about as much as each text has."""

_BEAMS = (1e-48, 1e-64, 1e-100)


@dataclass(slots=True)
class Fuse:
    """How many bytes may come, over any of the links that share it, before one is cut; None: all of them."""

    left: int | None = None


class Link:
    """A TCP link to a worker that is cut when a fuse has burnt down."""

    def __init__(self, port: int, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        back, forth = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.create_task(self._carry(reader, forth))
        try:
            await self._carry(back, writer, counted=True)
        finally:
            up.cancel()
            writer.transport.abort()
            forth.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool = False
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1_024):
                if counted and self._fuse.left is not None:
                    self._fuse.left -= len(data)
                    if self._fuse.left <= 0:
                        self._fuse.left = None
                        return
                writer.write(data)
                await writer.drain()


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance at 16 kHz, and whether it has a seam within a fragment."""

    text: str
    pcm: bytes
    seam: bool


async def speak(stub: SpeechServiceAsyncStub, text: str) -> Heard:
    """Have a text spoken."""
    settings = speech_pb2.SpeechSettings(engine="espeak", language="en-US")
    settings.format.sample_rate_hz = _RATE
    pcm, seam = bytearray(), False
    async for response in stub.Say(speech_pb2.SayRequest(text=text, settings=settings), timeout=60):
        for event in response.events:
            pcm += event.audio.data
            seam |= event.HasField("engine_changed") and len(pcm) > 0
    return Heard(text, bytes(pcm), seam)


async def record(count: int, chance: random.Random) -> tuple[list[Heard], list[Heard]]:
    """Return the texts undisturbed, and so many utterances with a seam."""
    async with running([ESPEAK, ESPEAK]) as system:
        fuse = Fuse()
        links = [
            await asyncio.start_server(Link(worker.port, fuse), "127.0.0.1", 0) for worker in system.workers
        ]
        ports = [link.sockets[0].getsockname()[1] for link in links]
        told = {**system.router.environment, "ENGINES": ",".join(f"127.0.0.1:{port}" for port in ports)}
        router = Service("parlando_router", told)
        await router.start()
        try:
            async with grpc.aio.insecure_channel(router.address) as channel:
                stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
                admin = admin_service_pb2_grpc.AdminServiceStub(channel)
                await until_it_speaks(stub)
                plain = [await speak(stub, text) for text in TEXTS]
                cut: list[Heard] = []
                while len(cut) < count:
                    await admin.ResetBreaker(admin_pb2.ResetBreakerRequest())
                    fuse.left = chance.randrange(_BYTES)
                    heard = await speak(stub, chance.choice(TEXTS))
                    fuse.left = None
                    if heard.seam:
                        cut.append(heard)
                    await asyncio.sleep(0.05)  # the router has seen what was cut
                    await until_it_speaks(stub, len(links))  # the link is up again
        finally:
            await router.end()
            for link in links:
                link.close()
    return plain, cut


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def _listened(decoder: Decoder, pcm: bytes) -> list[str]:
    hush = np.random.default_rng(0).normal(0, 26, _RATE // 2).astype(np.int16).tobytes()
    decoder.start_utt()
    decoder.process_raw(hush + pcm + hush, full_utt=True)
    decoder.end_utt()
    return [part.word.partition("(")[0] for part in decoder.seg() or () if part.word[0] not in "<["]


def _grammar(rule: str) -> Decoder:
    decoder = Decoder(lm=None, loglevel="FATAL")
    decoder.add_jsgf_string("g", f"#JSGF V1.0; grammar g; public <s> = {rule} ;")
    decoder.activate_search("g")
    return decoder


def _aligned(heard: Heard) -> bool:
    words = _words(heard.text)
    for beam in _BEAMS:
        decoder = Decoder(lm=None, loglevel="FATAL", beam=beam, pbeam=beam, wbeam=beam**0.6)
        decoder.set_align_text(" ".join(words))
        if _listened(decoder, heard.pcm) == words:
            return True
    return False


def judge(name: str, utterances: Sequence[Heard]) -> None:
    """Print what is recognised of utterances."""
    texts = {" ".join(_words(text)): text for text in TEXTS}
    one_of = _grammar(" | ".join(texts))
    right = sum(
        " ".join(_listened(one_of, heard.pcm)) == " ".join(_words(heard.text)) for heard in utterances
    )
    aligned = sum(map(_aligned, utterances))
    total = len(utterances)
    print(
        f"{name}: {total} utterances; text recognised {right / total:.0%}, "
        f"all words aligned {aligned / total:.0%}"
    )


def main() -> int:
    """Record, listen, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seams", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    plain, cut = asyncio.run(record(arguments.seams, random.Random(arguments.seed)))  # noqa: S311  # seeded
    judge("undisturbed", plain)
    judge("with a seam", cut)
    return 0


if __name__ == "__main__":
    sys.exit(main())
