"""What was heard: random cuts, against espeak-ng's own events and a forced alignment.

    bench/heard.py [--cuts 500] [--seed 0]

Twenty texts are spoken by espeak-ng through the whole system. Each is then truncated at random positions, by
`TruncateTurn` of the session service. An answer is right where the boundary between the heard and the unheard
text lies at the word that is heard at the cut, before or behind it; and heard and unheard must be the text.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
from listening import (
    RATE,
    TEXTS,
    Spoken,
    away,
    by_alignment,
    by_events,
    is_right,
    said_for,
    speak,
    word_at,
)
from mesh import Mesh, running_mesh

from parlando.audio.v1 import audio_pb2
from parlando.session.v1 import session_pb2
from parlando.session.v1.session_service_pb2_grpc import SessionServiceStub

NEAR_MS = 80
"""How far from the cut the forced alignment may hear the word that is at it."""

_MS = RATE // 1000
_SHARE = 0.97
_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Cut:
    """One truncation.

    Attributes:
        whole: heard and unheard are the text.
        right: its boundary lies at the word that is heard at the cut, by the library's events.
        away_ms: how far from the cut that word is heard by the forced alignment; 0 within it.
    """

    whole: bool
    right: bool
    away_ms: float


def _turn(spoken: Spoken, name: str) -> session_pb2.Turn:
    words = [
        audio_pb2.WordTiming(
            source=audio_pb2.SourceSpan(start=word.source.start, end=word.source.end),
            spoken=audio_pb2.SpokenSpan(start=word.spoken.start, end=word.spoken.end),
            first_sample=word.first_sample,
            sample_count=word.sample_count,
            quality=f"TIMING_QUALITY_{word.quality.name}",
        )
        for word in spoken.words
    ]
    return session_pb2.Turn(
        id=name,
        role=session_pb2.TURN_ROLE_ASSISTANT,
        status=session_pb2.TURN_STATUS_COMPLETED,
        text=spoken.text,
        words=words,
        sample_rate_hz=RATE,
        sample_count=len(spoken.samples),
    )


def cuts_of(mesh: Mesh, count: int, seed: int) -> Iterator[Cut]:
    """Yield random truncations of the first texts that the aligner can follow, as many of each."""
    chance = random.Random(seed)  # noqa: S311  # positions to listen at
    with grpc.insecure_channel(mesh.session) as channel:
        stub = SessionServiceStub(channel)
        session_id = stub.CreateSession(session_pb2.CreateSessionRequest()).session.id
        texts, done = min(_TEXTS, count), 0
        for number, text in enumerate(TEXTS):
            spoken = speak(mesh.router, text)
            try:
                aligned = by_alignment(spoken, said_for(text))
            except ValueError as lost:
                print(f"left out: {lost} of {text!r}")
                continue
            if done == texts:
                return
            cuts = count * (done + 1) // texts - count * done // texts
            done += 1
            events = by_events(spoken)
            name = f"text-{number}"
            stub.PutTurn(session_pb2.PutTurnRequest(session_id=session_id, turn=_turn(spoken, name)))
            ours = [word.first_sample for word in spoken.words]
            for _ in range(cuts):
                milliseconds = chance.randrange(len(spoken.samples) // _MS)
                request = session_pb2.TruncateTurnRequest(session_id=session_id, turn_id=name)
                request.audio_end.FromMilliseconds(milliseconds)
                answer = stub.TruncateTurn(request).heard
                position = milliseconds * _MS
                heard = sum(word.source.end <= answer.source_offset for word in spoken.words)
                yield Cut(
                    answer.heard_text + answer.unheard_text == text,
                    is_right(heard, events, position),
                    away(word_at(ours, position), aligned, position) / _MS,
                )


def main() -> None:
    """Cut, and print the figures; the exit status tells whether they are as promised."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.cuts < 1:
        parser.error("--cuts is 1 at least")
    with running_mesh() as mesh:
        cuts = list(cuts_of(mesh, arguments.cuts, arguments.seed))
    whole = sum(cut.whole for cut in cuts)
    right = sum(cut.right for cut in cuts)
    near = sum(cut.away_ms <= NEAR_MS for cut in cuts)
    worst = sorted(cut.away_ms for cut in cuts)
    print(f"{len(cuts)} cuts of {min(_TEXTS, len(cuts))} texts, seed {arguments.seed}")
    print(f"heard + unheard is the text: {whole}")
    print(f"the word at the cut is right by espeak's events: {right}")
    print(f"within {NEAR_MS} ms of the forced alignment: {near} ({near / len(cuts):.1%})")
    print(f"away from it: mean {statistics.mean(worst):.1f} ms, worst {worst[-1]:.0f} ms")
    promised = whole == right == len(cuts) and near >= _SHARE * len(cuts)
    sys.exit(0 if promised else 1)


if __name__ == "__main__":
    main()
