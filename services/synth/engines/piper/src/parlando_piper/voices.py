"""The voices of a folder: what each file and its card say of it, and its speakers."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from piper import PiperConfig
from piper.config import PhonemeType

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.voice import Gender, Voice, named_voice

SUPPORTED = (PhonemeType.ESPEAK, PhonemeType.TEXT)
"""How texts are spelled: by espeak-ng, or as they are. Others need packages that download at run time."""

_NAME = re.compile(r"(?P<language>[a-z]{2,3}_[A-Z0-9]{2,3})-(?P<name>.+)-(?P<quality>x_low|low|medium|high)")
_GENDER = re.compile(r"(?:^|[_ -])(female|male)(?:$|[_ -])|^([FM])$")
_GENDERS = {"female": Gender.FEMALE, "F": Gender.FEMALE, "male": Gender.MALE, "M": Gender.MALE}
_LICENCE = re.compile(
    r"^[-*# \t]*licen[cs]e[* \t]*:[* \t]*(?P<licence>[^\s*].*?)\s*$", re.IGNORECASE | re.MULTILINE
)
_LONGEST_CARD = 1 << 16  # bytes that are looked at
_LONGEST_LICENCE = 200  # characters; it is a line
_REGION = 2  # letters of a subtag that is written large

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks as a voice.

    Attributes:
        voice: as callers see it.
        path: the network, an ONNX file.
        config: what its file says.
        number: which of the network's speakers; None where it has one alone.
    """

    voice: Voice
    path: Path
    config: PiperConfig
    number: int | None


class VoiceFolder:
    """All voices of a folder: each NAME.onnx with its NAME.onnx.json. May be used from any thread.

    NAME.MODEL_CARD states its licence, where it is there.

    A network with several speakers has a voice for each, by the name that its file gives the speaker:
    "en_US-libritts-high#3922". NAME alone is its default speaker.

    Args:
        path: the folder.
        default: id of the voice to use when none is named; "": an English one, else the first.

    Attributes:
        voices: what there is, sorted by id.
        default: the speaker to use when none is named.

    Raises:
        ParlandoError: MODEL_NOT_FOUND, there is no voice in the folder, or not that one.
    """

    def __init__(self, path: Path, default: str = "") -> None:
        speakers = [speaker for file in sorted(path.glob("*.onnx")) for speaker in _speakers(file)]
        self._speakers = {speaker.voice.id: speaker for speaker in speakers}
        self.voices: Sequence[Voice] = [self._speakers[name].voice for name in sorted(self._speakers)]
        if not self.voices:
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND,
                f"there is no voice in {path.name}: fetch one with `parlando models fetch "
                "piper:en_US-lessac-medium`, or name another folder in PIPER_VOICES",
            )
        english = (voice for voice in self.voices if voice.languages[0].startswith("en-"))
        chosen = self.find(default) if default else next(english, self.voices[0])
        if chosen is None:
            raise ParlandoError(Reason.MODEL_NOT_FOUND, "PIPER_DEFAULT_VOICE names no voice in PIPER_VOICES")
        self.default = self._speakers[chosen.id]

    def find(self, name: str) -> Voice | None:
        """Return the voice of that id or alias."""
        return named_voice(name, self.voices)

    def speaker(self, voice: str) -> Speaker | None:
        """Return who speaks as the voice of that id."""
        return self._speakers.get(voice)


def _speakers(file: Path) -> Iterator[Speaker]:
    """Yield the speakers of a network; none where its file is missing, or not understood."""
    try:
        about: dict[str, Any] = json.loads(file.with_name(f"{file.name}.json").read_text(encoding="utf-8"))
        config = PiperConfig.from_dict(about)
        language = _language(file.stem, about)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("%s.json cannot be read (%s): the voice is left out", file.name, type(error).__name__)
        return
    if config.phoneme_type not in SUPPORTED:
        _log.warning("%s is spelled by %s: the voice is left out", file.name, config.phoneme_type.value)
        return
    found = _NAME.fullmatch(file.stem)
    licence = _licence(file.with_name(f"{file.stem}.MODEL_CARD"))
    name = f"{found['name'].replace('_', ' ').title()} ({found['quality']})" if found else file.stem

    def speaker(number: int | None, of_many: str = "") -> Speaker:
        main = number == config.default_speaker_id
        voice = Voice(
            id=f"{file.stem}#{of_many}" if of_many else file.stem,
            name=f"{name}, {of_many}" if of_many else name,
            languages=(language,),
            sample_rate_hz=config.sample_rate,
            gender=_gender(of_many or file.stem),
            licence=licence,
            aliases=(file.stem,) if of_many and main else (),
        )
        return Speaker(voice, file, config, number)

    if config.num_speakers <= 1:
        yield speaker(None)
        return
    names: Mapping[int, str] = {number: each for each, number in config.speaker_id_map.items()}
    for number in range(config.num_speakers):
        yield speaker(number, names.get(number, str(number)))


def _licence(card: Path) -> str:
    """Return what a voice's card states as its licence, in its own words; "" where none is there or does."""
    try:
        with card.open("rb") as file:
            text = file.read(_LONGEST_CARD).decode("utf-8", "replace")
    except OSError:
        return ""
    found = _LICENCE.search(text)
    return found["licence"][:_LONGEST_LICENCE] if found else ""


def _gender(name: str) -> Gender:
    """Return the gender that a name states, as "en_US-hfc_female-medium" does: no file states one."""
    found = _GENDER.search(name)
    return _GENDERS[found[1] or found[2]] if found else Gender.UNSTATED


def _language(name: str, about: dict[str, Any]) -> str:
    """Return the BCP 47 tag of a voice: what its file states, else its name, else espeak-ng's language."""
    found = _NAME.fullmatch(name)
    stated = str(
        about.get("language", {}).get("code") or (found and found["language"]) or about["espeak"]["voice"]
    )
    first, *rest = re.split("[-_]", stated)
    return "-".join([first.lower(), *(tag.upper() if len(tag) == _REGION else tag for tag in rest)])
