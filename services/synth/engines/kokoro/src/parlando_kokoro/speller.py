"""`python -m parlando_kokoro.speller`: a process that turns text into phonemes by espeak-ng.

It reads a line of JSON, [language, [text, …]], and answers with a line, [phonemes, …], until its input ends.
The library is GPL-3.0-or-later, keeps global state and breaks off on some texts: all three stay in here.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from functools import cache

import espeakng_loader
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper
from phonemizer.logger import get_logger

from parlando_kokoro.symbols import TIE


@cache
def _backend(language: str) -> EspeakBackend:
    return EspeakBackend(
        language,
        with_stress=True,
        tie=TIE,
        language_switch="remove-flags",
        logger=get_logger(verbosity="quiet"),
    )


def main() -> None:
    """Spell until the input ends."""
    # The worker ends this process, after the last synthesis: a Ctrl-C reaches the whole group at once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    for line in sys.stdin:
        language, texts = json.loads(line)
        spelled = _backend(language).phonemize(texts, strip=True)
        sys.stdout.write(json.dumps(spelled) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
