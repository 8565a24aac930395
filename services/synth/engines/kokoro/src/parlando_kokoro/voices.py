"""Voices, and mixtures of voices: "af_bella(2)+af_sky(1)"."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.network import SAMPLE_RATE, STYLE
from parlando_synth.voice import Gender, Voice, named_voice

LICENCE = "Apache-2.0"
PREFERRED = "af_heart"
"""The voice that its makers rank best."""

# The first letter of a voice's id: BCP 47 tag, and what espeak-ng calls the language.
_LANGUAGES = {
    "a": ("en-US", "en-us"),
    "b": ("en-GB", "en-gb"),
    "e": ("es-ES", "es"),
    "f": ("fr-FR", "fr-fr"),
    "h": ("hi-IN", "hi"),
    "i": ("it-IT", "it"),
    "j": ("ja-JP", "ja"),
    "p": ("pt-BR", "pt-br"),
    "z": ("zh-CN", "cmn"),
}
_GENDERS = {"f": Gender.FEMALE, "m": Gender.MALE}
_ID = re.compile(r"[abefhijpz][fm]_\w+")
_TERM = re.compile(r"\s*([+-])\s*(\w+)\s*(?:\(\s*(\d+(?:\.\d+)?)\s*\))?\s*")
_LONGEST_MIXTURE = 256  # characters
_REMEMBERED = 64  # mixtures, half a megabyte each


@dataclass(frozen=True, slots=True)
class _Term:
    voice: str
    weight: float


class VoiceBook:
    """The voices of a file. May be used from any thread.

    A style vector stands for each number of symbols, because the network was trained so.

    Args:
        path: a NumPy archive of float32 arrays [rows, 1, 256], one a voice.

    Attributes:
        voices: what there is, sorted by id; mixtures are found by name.
        default: the voice to use when none is named.

    Raises:
        ParlandoError: MODEL_NOT_FOUND where there is no such file; ENGINE_FAILED where it holds no voices.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND,
                f"{path.name} is not there: fetch it with `parlando models fetch kokoro`, or name another "
                "file in KOKORO_VOICES",
            )
        try:
            with path.open("rb") as file, np.load(file) as archive:
                self._styles = {name: archive[name] for name in sorted(archive.files) if _ID.fullmatch(name)}
        except (OSError, EOFError, ValueError, AttributeError, TypeError, zipfile.BadZipFile) as error:
            raise _no_voices(path) from error
        if not self._styles or any(style.shape[1:] != (1, STYLE) for style in self._styles.values()):
            raise _no_voices(path)
        self.voices: Sequence[Voice] = [_voice(name) for name in self._styles]
        self.default = PREFERRED if PREFERRED in self._styles else self.voices[0].id
        self._mixture = lru_cache(_REMEMBERED)(self._mixed)

    def find(self, name: str) -> Voice | None:
        """Return the voice of that id, or the mixture; None where a part is not known.

        A mixture's weights may be any; what they come to together must be more than nothing. It has the
        language of its first voice.
        """
        if found := named_voice(name, self.voices):
            return found
        terms = self._terms(name)
        if not terms:
            return None
        first = next(voice for voice in self.voices if voice.id == terms[0].voice)
        mixture = "".join(
            f"{'-' if term.weight < 0 else '+'}{term.voice}({abs(term.weight):g})" for term in terms
        )
        genders = {_voice(term.voice).gender for term in terms}
        return Voice(
            id=mixture.removeprefix("+"),
            name=mixture.removeprefix("+"),
            languages=first.languages,
            sample_rate_hz=SAMPLE_RATE,
            gender=first.gender if len(genders) == 1 else Gender.NEUTRAL,
            licence=LICENCE,
        )

    def style(self, voice: str, symbols: int) -> NDArray[np.float32]:
        """Return the style [1, 256] of a voice or mixture that `find` knows, for a run of so many symbols."""
        styles = self._styles[voice] if voice in self._styles else self._mixture(voice)
        style: NDArray[np.float32] = styles[min(max(symbols, 1), len(styles)) - 1]
        return style

    def _terms(self, name: str) -> Sequence[_Term]:
        """Return the parts of a mixture; none where it is not one."""
        if len(name) > _LONGEST_MIXTURE:
            return ()
        rest = name if name[:1] in {"+", "-"} else f"+{name}"
        terms: list[_Term] = []
        while rest:
            match = _TERM.match(rest)
            if match is None or match[2] not in self._styles:
                return ()
            weight = float(match[3] or 1)
            terms.append(_Term(match[2], -weight if match[1] == "-" else weight))
            rest = rest[match.end() :]
        return terms if sum(term.weight for term in terms) > 0 else ()

    def _mixed(self, voice: str) -> NDArray[np.float32]:
        terms = self._terms(voice)
        together = sum(term.weight for term in terms)
        parts = [(term.weight / together) * self._styles[term.voice] for term in terms]
        style: NDArray[np.float32] = np.sum(parts, axis=0, dtype=np.float32)
        return style


def spelling_language(voice: Voice) -> str:
    """Return what espeak-ng calls the language of a voice."""
    return next(name for tag, name in _LANGUAGES.values() if tag == voice.languages[0])


def _voice(name: str) -> Voice:
    language, _ = _LANGUAGES[name[0]]
    return Voice(
        id=name,
        name=name[3:].replace("_", " ").title(),
        languages=(language,),
        sample_rate_hz=SAMPLE_RATE,
        gender=_GENDERS[name[1]],
        licence=LICENCE,
    )


def _no_voices(path: Path) -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        f"{path.name} holds no Kokoro voices: fetch it anew with `parlando models fetch kokoro`",
    )
