"""Voices, and mixtures of voices: "af_bella(2)+af_sky(1)"."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parlando_kit.errors import ParlandoError, Reason
from parlando_kokoro.network import SAMPLE_RATE, STYLE
from parlando_synth.cloned_voice import VoiceChange
from parlando_synth.mix_folder import MixFolder
from parlando_synth.mixed_voice import MixedVoice, VoiceMix, check_mix
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
_TERM = re.compile(r"\s*([+-])\s*(\w+)\s*(?:\(\s*([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*\))?\s*")
_LONGEST_MIXTURE = 256  # characters
_REMEMBERED = 64  # mixtures, half a megabyte each


@dataclass(frozen=True, slots=True)
class _Term:
    voice: str
    weight: float

    @property
    def written(self) -> str:
        sign = "-" if self.weight < 0 else "+"
        return f"{sign}{self.voice}({f'{abs(self.weight):.4f}'.rstrip('0').rstrip('.')})"


class VoiceBook:
    """The voices of a file. May be used from any thread.

    A style vector stands for each number of symbols, because the network was trained so.

    Args:
        path: a NumPy archive of float32 arrays [rows, 1, 256], one a voice.
        mixes: folder of mixtures that are kept under names of their own; it may not be there.

    Attributes:
        default: the voice to use when none is named.

    Raises:
        ParlandoError: MODEL_NOT_FOUND where there is no such file; ENGINE_FAILED where it holds no voices.
    """

    def __init__(self, path: Path, mixes: Path) -> None:
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
        self._own = [_voice(name) for name in self._styles]
        self._mixes = MixFolder(mixes, frozenset(self._styles))
        self.default = PREFERRED if PREFERRED in self._styles else self._own[0].id
        self._mixture = lru_cache(_REMEMBERED)(self._mixed)

    @property
    def voices(self) -> Sequence[Voice]:
        """What there is, sorted by id; mixtures that are not kept are found by name."""
        kept = (self._described(mix) for mix in self._mixes.voices.values())
        return sorted((*self._own, *(voice for voice in kept if voice is not None)), key=lambda each: each.id)

    def mix(self, mix: VoiceMix) -> Voice:
        """Keep a mixture, as `BlockingEngine.mix_voice`."""
        check_mix(mix.mix)
        mixture = self._mixture_named(mix.mix)
        if mixture is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND,
                "mix is no mixture of the engine's own voices: name some of ListVoices, as in "
                "af_bella(2)+af_sky(1), with weights below 1000 of at most four decimals",
                field="mix",
            )
        return self._shown(self._mixes.add(replace(mix, mix=mixture.id)), mixture)

    def change(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a mixture that is kept, as `BlockingEngine.change_voice`."""
        changed = self._described(self._mixes.change(voice, change))
        if changed is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is a mixture of voices that are not here", field="voice"
            )
        return changed

    def remove(self, voice: str) -> None:
        """Remove a mixture that is kept, as `BlockingEngine.remove_voice`."""
        self._mixes.remove(voice)

    def find(self, name: str) -> Voice | None:
        """Return the voice of that id, or the mixture; None where a part is not known.

        A mixture's weights are from 0 to 999.9999, with at most four decimals; what they come to together
        must be more than nothing. Its id, with every weight written out, is found again and has at most
        256 characters. It has the language of its first voice.
        """
        own = next((voice for voice in self._own if voice.id == name), None)
        kept = self._mixes.voice(name) if own is None else None  # without a look at all others
        exact = self._described(kept) if kept is not None else own
        return exact or named_voice(name, self.voices) or self._mixture_named(name)

    def _described(self, kept: MixedVoice) -> Voice | None:
        """Return a kept mixture as callers see it; None where it is of voices that are not here."""
        mixture = self._mixture_named(kept.mix)
        return self._shown(kept, mixture) if mixture is not None else None

    @staticmethod
    def _shown(kept: MixedVoice, mixture: Voice) -> Voice:
        return replace(
            mixture,
            id=kept.id,
            name=kept.name,
            description=kept.description,
            mix=kept.mix,
            revision=kept.revision,
        )

    def _mixture_named(self, name: str) -> Voice | None:
        terms = self._terms(name)
        if not terms:
            return None
        first = next(voice for voice in self._own if voice.id == terms[0].voice)
        mixture = "".join(term.written for term in terms).removeprefix("+")
        if len(mixture) > _LONGEST_MIXTURE:
            return None
        genders = {_voice(term.voice).gender for term in terms}
        return Voice(
            id=mixture,
            name=mixture,
            languages=first.languages,
            sample_rate_hz=SAMPLE_RATE,
            gender=first.gender if len(genders) == 1 else Gender.NEUTRAL,
            licence=LICENCE,
        )

    def style(self, voice: Voice, symbols: int) -> NDArray[np.float32]:
        """Return the style [1, 256] of a voice that `find` returned, for a run of so many symbols.

        A mixture that was removed since then still has one.
        """
        name = voice.mix or voice.id
        styles = self._styles[name] if name in self._styles else self._mixture(name)
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
