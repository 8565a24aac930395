# /// script
# requires-python = ">=3.11"
# dependencies = ["grpcio", "googleapis-common-protos", "numpy", "protobuf", "pyloudnorm"]
# ///
"""Measure the voices of a running worker, for the router's map of voices.

    make voicemap ARGS="127.0.0.1:50061 --map mine.json"

Without `--map` the router's own is written anew.

Every voice reads the numbers from 1 to 20, which all languages have, at its own speed. Of that recording,
its silent ends cut off, come `words_per_minute` (numbers a minute) and `loudness` (integrated, in LUFS, by
ITU-R BS.1770-4 as pyloudnorm computes it). Language, gender and age are as the engine lists them. Entries of
the map that belong to other engines are kept, so that one file holds all; a deployment writes one of its own
and names it in ROUTER_VOICE_MAPS. `--variant f3=female` measures that variant of every voice as well, for an
engine that has voices which it does not list. uv runs it, and fetches pyloudnorm: nothing that is served
needs that.
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
    "language, gender and age: as the engine lists them. Made by tools/voicemap.py. Of Piper's voices the "
    "gender alone, as those who published their recordings describe them."
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


def traits(
    stub: SynthServiceStub, voice: synth_pb2.Voice, variant: str = "", gender: str = ""
) -> dict[str, object]:
    """Return what is known of a voice, or of a variant of it, its recording measured."""
    rate, pcm = voice.sample_rate_hz, bytearray()
    name = f"{voice.id}+{variant}" if variant else voice.id
    request = synth_pb2.SynthesizeRequest(synthesis_id=f"map-{name}"[:64], text=TEXT, voice=name)
    for response in stub.Synthesize(request):
        if response.HasField("started"):
            rate = response.started.sample_rate_hz
        pcm += response.audio.pcm
    found: dict[str, object] = {"language": voice.languages[0] if voice.languages else ""}
    if gender or voice.gender in _GENDERS:
        found["gender"] = gender or _GENDERS[voice.gender]
    if voice.HasField("age") and not variant:
        found["age"] = voice.age
    return found | measured(np.frombuffer(bytes(pcm), dtype="<i2") / 32768, rate)


def main() -> None:
    """Measure every voice, and write the map."""
    parser = argparse.ArgumentParser(description="Measure the voices of a running worker.")
    parser.add_argument("address", help="of the worker, host:port")
    parser.add_argument("--map", type=Path, default=Path("services/router/src/parlando_router/voices.json"))
    parser.add_argument("--variant", metavar="NAME=GENDER", action="append", default=[])
    arguments = parser.parse_args()
    variants = [each.split("=", 1) for each in arguments.variant]
    known = json.loads(arguments.map.read_text())["voices"] if arguments.map.exists() else {}
    with grpc.insecure_channel(arguments.address) as channel:
        stub = SynthServiceStub(channel)
        engine = stub.DescribeEngine(synth_pb2.DescribeEngineRequest()).engine
        voices = stub.ListVoices(synth_pb2.ListVoicesRequest()).voices
        known = {key: entry for key, entry in known.items() if not key.startswith(f"{engine}:")}
        known |= {f"{engine}:{voice.id}": traits(stub, voice) for voice in voices}
        known |= {
            f"{engine}:{voice.id}+{variant}": traits(stub, voice, variant, gender)
            for voice in voices
            for variant, gender in variants
        }
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(known[key])}" for key in sorted(known))
    arguments.map.write_text(f'{{\n  "method": {json.dumps(METHOD)},\n  "voices": {{\n{lines}\n  }}\n}}\n')
    print(f"{len(voices)} voices of {engine} measured")


if __name__ == "__main__":
    main()
