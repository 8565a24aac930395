"""`python -m parlando_piper.speller`: a process that turns text into phonemes by piper's own espeak-ng.

It is what `parlando_synth.spelling` speaks to, and the only one that loads the library.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
import unicodedata
from functools import cache

import onnxruntime as ort
from piper import espeakbridge
from piper.phonemize_espeak import ESPEAK_DATA_DIR
from piper.tashkeel import TASHKEEL_DIR, TashkeelDiacritizer

_ARABIC = "ar"
_CERTAIN = 0.8  # how sure a vowel mark must be to be written, as piper has it
_FLAGS = re.compile(r"\([^)]+\)")  # "(en)" around words of another language


def _phonemes(language: str, text: str) -> str:
    if language == _ARABIC:
        text = _diacritizer()(text, taskeen_threshold=_CERTAIN)
    clauses = (_FLAGS.sub("", clause) for clause, _, _ in espeakbridge.get_phonemes(text))
    # The voices were trained on code points: accents stand after their letters.
    return unicodedata.normalize("NFD", " ".join(filter(None, clauses)))


@cache
def _diacritizer() -> TashkeelDiacritizer:
    """Return what writes the vowels of Arabic, which is written without them, on one thread."""
    diacritizer = TashkeelDiacritizer()
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    diacritizer.session = ort.InferenceSession(TASHKEEL_DIR / "model.onnx", options)
    return diacritizer


def main() -> None:
    """Spell until the input ends."""
    # The worker ends this process, after the last synthesis: a Ctrl-C reaches the whole group at once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    espeakbridge.initialize(str(ESPEAK_DATA_DIR))
    for line in sys.stdin:
        language, texts = json.loads(line)
        espeakbridge.set_voice(language)
        sys.stdout.write(json.dumps([_phonemes(language, text) for text in texts]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
