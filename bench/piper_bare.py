"""piper-tts as it comes, for comparison: a text a line on stdin, its times a line of JSON on stdout.

Run by bench/piper_voice.py in Piper's own environment.
"""

from __future__ import annotations

import json
import sys
import time

from piper import PiperVoice, SynthesisConfig

_SAME_LENGTHS = SynthesisConfig(noise_w_scale=0.0)  # or each run would make its own amount of audio


def speak(voice: PiperVoice, text: str) -> dict[str, float]:
    """Return seconds to the end of the first sentence, of the second, and in all; and samples."""
    began, ends, samples = time.perf_counter(), [], 0
    for chunk in voice.synthesize(text, _SAME_LENGTHS):
        samples += len(chunk.audio_int16_bytes) // 2
        ends.append(time.perf_counter() - began)
    return {"first": ends[0], "second": ends[min(1, len(ends) - 1)], "all": ends[-1], "samples": samples}


def main() -> None:
    """Speak what comes on stdin."""
    voice = PiperVoice.load(sys.argv[1])
    speak(voice, "Ready.")
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(speak(voice, line.strip())), flush=True)


if __name__ == "__main__":
    main()
