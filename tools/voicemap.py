# /// script
# requires-python = ">=3.11"
# dependencies = ["grpcio", "googleapis-common-protos", "numpy", "protobuf", "pyloudnorm"]
# ///
"""Measure the voices of a running worker, for the router's map of voices.

    uv run tools/voicemap.py 127.0.0.1:50061 [--map services/router/src/parlando_router/voices.json]

Every voice reads the numbers from 1 to 20, which all languages have, at its own speed. Of that recording,
its silent ends cut off, come `words_per_minute` (numbers a minute) and `loudness` (integrated, in LUFS, by
ITU-R BS.1770-4 as pyloudnorm computes it). Language, gender and age are as the engine lists them. Entries of
the map that belong to other engines are kept, so that one file holds all; a deployment writes one of its own
and names it in ROUTER_VOICE_MAPS. Run it under uv, which fetches pyloudnorm: nothing that is served needs it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import grpc
import numpy as np
import pyloudnorm
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "protos" / "gen"))

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub

NUMBERS = 20
TEXT = ", ".join(str(number) for number in range(1, NUMBERS + 1)) + "."
METHOD = (
    f"Each voice reads the numbers from 1 to {NUMBERS} at speed 1. words_per_minute: numbers a minute, "
    "silent ends cut off; loudness: integrated, LUFS, ITU-R BS.1770-4 (pyloudnorm), of the same recording; "
    "language, gender and age: as the engine lists them. Made by tools/voicemap.py."
)
_GENDERS = {
    synth_pb2.VOICE_GENDER_FEMALE: "female",
    synth_pb2.VOICE_GENDER_MALE: "male",
    synth_pb2.VOICE_GENDER_NEUTRAL: "neutral",
}
_SILENCE = 0.0025


def measured(samples: NDArray[np.float64], rate: int) -> dict[str, float]:
    """Return rate of speech and loudness of a recording, full scale being 1."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if not len(loud):
        return {}
    spoken = samples[loud[0] : loud[-1] + 1]
    loudness = pyloudnorm.Meter(rate).integrated_loudness(spoken)
    return {
        "words_per_minute": round(NUMBERS * 60 * rate / len(spoken), 1),
        "loudness": round(float(loudness), 1),
    }


def traits(stub: SynthServiceStub, voice: synth_pb2.Voice) -> dict[str, object]:
    """Return what is known of a voice, its recording measured."""
    rate, pcm = voice.sample_rate_hz, bytearray()
    request = synth_pb2.SynthesizeRequest(synthesis_id=f"map-{voice.id}"[:64], text=TEXT, voice=voice.id)
    for response in stub.Synthesize(request):
        if response.HasField("started"):
            rate = response.started.sample_rate_hz
        pcm += response.audio.pcm
    found: dict[str, object] = {"language": voice.languages[0] if voice.languages else ""}
    if voice.gender in _GENDERS:
        found["gender"] = _GENDERS[voice.gender]
    if voice.HasField("age"):
        found["age"] = voice.age
    return found | measured(np.frombuffer(bytes(pcm), dtype="<i2") / 32768, rate)


def main() -> None:
    """Measure every voice, and write the map."""
    parser = argparse.ArgumentParser(description="Measure the voices of a running worker.")
    parser.add_argument("address", help="of the worker, host:port")
    parser.add_argument("--map", type=Path, default=Path("services/router/src/parlando_router/voices.json"))
    arguments = parser.parse_args()
    known = json.loads(arguments.map.read_text())["voices"] if arguments.map.exists() else {}
    with grpc.insecure_channel(arguments.address) as channel:
        stub = SynthServiceStub(channel)
        engine = stub.DescribeEngine(synth_pb2.DescribeEngineRequest()).engine
        voices = stub.ListVoices(synth_pb2.ListVoicesRequest()).voices
        known = {key: entry for key, entry in known.items() if not key.startswith(f"{engine}:")}
        known |= {f"{engine}:{voice.id}": traits(stub, voice) for voice in voices}
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(known[key])}" for key in sorted(known))
    arguments.map.write_text(f'{{\n  "method": {json.dumps(METHOD)},\n  "voices": {{\n{lines}\n  }}\n}}\n')
    print(f"{len(voices)} voices of {engine} measured")


if __name__ == "__main__":
    main()
