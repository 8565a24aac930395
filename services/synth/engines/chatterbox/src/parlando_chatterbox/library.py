"""chatterbox-tts 0.1.7, imported so that it works here, and what is wrong with it.

All that is used of it comes through this module, which has to be first.

| in the library | here |
|---|---|
| `generate(cfg_weight=0)` raises: it doubles the batch all the same | `speech_tokens` runs one sequence |
| `flow_inference(finalize=False)` raises: it cuts the encoder's output, not its mask | `mel` runs the parts |
| voices live on `self.conds`: one instance cannot speak as two | `conditioning` keeps them, jobs carry them |
| the watermarker is None, without a word, with setuptools 81 or newer | pinned, and asserted (`watermark`) |
| the watermarker keeps what gradients want of each run, 2 MB a second | none are wanted (`watermark`) |
| each multilingual `generate` leaves three hooks on the network for ever | one set of hooks (`alignment`) |
| multilingual `generate` raises where a text has five tokens or fewer ("a") | not guarded (`alignment`) |
| noise is from torch's global generator: jobs disturb one another's seeds | each job has its own (`noise`) |
| the multilingual tokenizer asks a hub for its table of Chinese | offline, and read from the folder |
| Turbo makes doubles of a clip with numpy 2, which its networks refuse | clips come even (`conditioning`) |
| `generate` makes floats of a voice's tokens | taken as whole numbers again (`mel`) |
| Turbo prints and draws progress bars while it speaks | its loop is not used |
| torchaudio's wheels for Linux load CUDA's libraries, with any torch | their extension is left out |
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import huggingface_hub.constants


def _torchaudio_without_extension() -> None:
    """Let torchaudio be imported beside a torch that knows no CUDA: what is used of it is Python alone."""
    import torch  # noqa: PLC0415  # only the build of torch that is here can tell

    if torch.version.cuda is not None or sys.platform != "linux":
        return

    def unavailable(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    extension = ModuleType("torchaudio._extension")
    left_out = {
        "_IS_TORCHAUDIO_EXT_AVAILABLE": False,
        "_IS_ALIGN_AVAILABLE": False,
        "fail_if_no_align": unavailable,
    }
    vars(extension).update(left_out)
    sys.modules.setdefault("torchaudio._extension", extension)


huggingface_hub.constants.HF_HUB_OFFLINE = True  # nothing is fetched at run time
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pkg_resources, and of syntax that later Pythons will refuse
    _torchaudio_without_extension()
    import perth
    from chatterbox import mtl_tts, tts, tts_turbo
    from chatterbox.models.s3gen.const import S3GEN_SIL
    from chatterbox.models.s3gen.s3gen import S3Token2Wav
    from chatterbox.models.s3tokenizer import SPEECH_VOCAB_SIZE
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.inference.alignment_stream_analyzer import (
        LLAMA_ALIGNED_HEADS,
        AlignmentStreamAnalyzer,
    )
    from chatterbox.models.t3.modules.cond_enc import T3Cond
    from chatterbox.mtl_tts import SUPPORTED_LANGUAGES, ChatterboxMultilingualTTS
    from chatterbox.tts import ChatterboxTTS, Conditionals
    from chatterbox.tts_turbo import ChatterboxTurboTTS

__all__ = [
    "LLAMA_ALIGNED_HEADS",
    "S3GEN_SIL",
    "SPEECH_VOCAB_SIZE",
    "SUPPORTED_LANGUAGES",
    "T3",
    "AlignmentStreamAnalyzer",
    "ChatterboxMultilingualTTS",
    "ChatterboxTTS",
    "ChatterboxTurboTTS",
    "Conditionals",
    "S3Token2Wav",
    "T3Cond",
    "mtl_tts",
    "perth",
    "tts",
    "tts_turbo",
]
