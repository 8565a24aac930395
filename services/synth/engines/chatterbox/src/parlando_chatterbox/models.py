"""The three published models: what each is made of, and how it is asked to speak."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.nn.functional import pad

from parlando_chatterbox.library import (
    S3GEN_SIL,
    SUPPORTED_LANGUAGES,
    ChatterboxMultilingualTTS,
    ChatterboxTTS,
    ChatterboxTurboTTS,
    mtl_tts,
    tts,
    tts_turbo,
)
from parlando_chatterbox.manner import USUAL_EXAGGERATION, Manner
from parlando_kit.errors import ParlandoError, Reason

Chatterbox = Any
"""One of the library's three classes, which share no base: `t3`, `s3gen`, `tokenizer`, `conds`, `device`."""

_CHINESE = "Cangjie5_TC.json"

_NORWEGIAN = {"nb": "no", "nn": "no"}
"""Bokmål and Nynorsk, as texts and voices name them, and what the tokenizer knows: Norwegian."""


@dataclass(frozen=True, slots=True)
class Model:
    """One of the models.

    Attributes:
        name: as settings name it.
        published: where its files are published.
        files: their names; conds.pt, the voice of its makers, may be missing.
        languages: BCP 47 tags.
        manner: how it speaks unless it is asked otherwise.
        kind: the library's class.
        tokens: reads a portion in a language.
        ending: speech tokens behind each portion.
        clip_options: what it is told with a voice's clip.
    """

    name: str
    published: str
    files: tuple[str, ...]
    languages: tuple[str, ...]
    manner: Manner
    kind: type[Any]
    tokens: Callable[[Any, str, str], Tensor]
    ending: tuple[int, ...] = ()
    clip_options: Mapping[str, bool] = field(default_factory=dict)

    def load(self, folder: Path, device: str) -> Chatterbox:
        """Load it from its files.

        Raises:
            ParlandoError: MODEL_NOT_FOUND where files are missing; ENGINE_FAILED where they are something
                else.
        """
        missing = [name for name in self.files if not (folder / name).is_file()]
        if missing:
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND,
                f"{folder.name} has no {', '.join(missing)}: put the files of {self.published} there, "
                "or name another folder in CHATTERBOX_FOLDER",
            )
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it greets
                loaded = self.kind.from_local(folder, device)
        except Exception as error:  # the library raises whatever went wrong inside it
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                f"the files in {folder.name} are not those of {self.published}: fetch them anew",
            ) from error
        if self.name == "multilingual":
            _give_chinese(loaded.tokenizer.cangjie_converter, folder / _CHINESE)
        return loaded

    def text_tokens(self, loaded: Chatterbox, text: str, language: str) -> Tensor:
        """Return a text as the network reads it, shape (1, length).

        Args:
            loaded: what `load` returned.
            text: a portion.
            language: one of `languages`.
        """
        return self.tokens(loaded, text, language)


def _english(loaded: ChatterboxTTS, text: str, _language: str) -> Tensor:
    return _bounded(loaded, loaded.tokenizer.text_to_tokens(tts.punc_norm(text)))


def _multilingual(loaded: ChatterboxMultilingualTTS, text: str, language: str) -> Tensor:
    normal = mtl_tts.punc_norm(text)
    known = _NORWEGIAN.get(language, language)
    return _bounded(loaded, loaded.tokenizer.text_to_tokens(normal, language_id=known))


def _turbo(loaded: ChatterboxTurboTTS, text: str, _language: str) -> Tensor:
    read: Tensor = loaded.tokenizer(tts_turbo.punc_norm(text), return_tensors="pt").input_ids
    return read.to(loaded.device)


def _bounded(loaded: Chatterbox, tokens: Tensor) -> Tensor:
    tokens = tokens.long().to(loaded.device)
    started = pad(tokens, (1, 0), value=loaded.t3.hp.start_text_token)
    return pad(started, (0, 1), value=loaded.t3.hp.stop_text_token)


def _give_chinese(converter: Any, table: Path) -> None:
    """Give the tokenizer its table of Chinese, which it asks a hub for, from the folder where it is there."""
    if converter.word2cj or not table.is_file():
        return
    for entry in json.loads(table.read_text(encoding="utf-8")):
        word, code = entry.split("\t")[:2]
        converter.word2cj[word] = code
        converter.cj2word.setdefault(code, []).append(word)


_MANNER = Manner(
    temperature=0.8,
    repetition_penalty=1.2,
    top_p=1.0,
    min_p=0.05,
    cfg_weight=0.5,
    exaggeration=USUAL_EXAGGERATION,
)

MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="english",
            published="ResembleAI/chatterbox",
            files=("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json"),
            languages=("en",),
            manner=_MANNER,
            kind=ChatterboxTTS,
            tokens=_english,
        ),
        Model(
            name="multilingual",
            published="ResembleAI/chatterbox",
            files=("ve.pt", "t3_mtl23ls_v2.safetensors", "s3gen.pt", "grapheme_mtl_merged_expanded_v1.json"),
            languages=(*SUPPORTED_LANGUAGES, *_NORWEGIAN),
            manner=Manner(
                temperature=0.8,
                repetition_penalty=2.0,
                top_p=1.0,
                min_p=0.05,
                cfg_weight=0.5,
                exaggeration=USUAL_EXAGGERATION,
            ),
            kind=ChatterboxMultilingualTTS,
            tokens=_multilingual,
        ),
        Model(
            name="turbo",
            published="ResembleAI/chatterbox-turbo",
            files=(
                "ve.safetensors",
                "t3_turbo_v1.safetensors",
                "s3gen_meanflow.safetensors",
                "tokenizer_config.json",
            ),
            languages=("en",),
            manner=Manner(temperature=0.8, repetition_penalty=1.2, top_p=0.95, top_k=1000),
            kind=ChatterboxTurboTTS,
            tokens=_turbo,
            ending=(S3GEN_SIL,) * 3,
            clip_options={"norm_loudness": False},  # it is even already
        ),
    )
}
