"""Mixes of an engine's voices as they are stored: one document each, the same for every replica."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import check_id, check_said, revision_of_voice

_FORM = 1  # of documents; a later one that cannot be read by this has a higher number
_LONGEST_MIX = 256  # characters


@dataclass(frozen=True, slots=True)
class VoiceMix:
    """A mix that is to be kept.

    Attributes:
        mix: what it is mixed of, in the engine's notation.
        name: for people.
        description: a sentence about it, for people; may be empty.
        id: that it is to have; "" for one made of its name and the mix.
    """

    mix: str
    name: str
    description: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedVoice:
    """A mix under a name of its own.

    Attributes:
        id: 1 to 64 small letters, digits and hyphens; `voice_id` makes one.
        name: for people.
        mix: 1 to 256 characters in the engine's notation: "af_bella(2)+af_sky(1)".
        description: a sentence about it, for people; may be empty.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at the field of that name.
    """

    id: str
    name: str
    mix: str
    description: str = ""

    def __post_init__(self) -> None:
        check_said({"name": self.name, "description": self.description}, ("name",))
        check_id(self.id)
        check_mix(self.mix)

    @property
    def revision(self) -> str:
        """What tells whether it sounds as it did: a hash of the mix."""
        return revision_of_voice(self.mix.encode())

    def document(self) -> bytes:
        """Return it as it is stored: UTF-8 JSON."""
        return json.dumps(asdict(self) | {"form": _FORM}, ensure_ascii=False, indent=1).encode()


def check_mix(mix: str) -> None:
    """Check that a mix may be one, whoever reads it.

    Raises:
        ParlandoError: FIELD_REQUIRED or OUT_OF_RANGE, at field "mix".
    """
    if not mix.strip():
        raise ParlandoError(
            Reason.FIELD_REQUIRED,
            "mix is empty: name voices and weights, as in a(2)+b(1)",
            field="mix",
        )
    if len(mix) > _LONGEST_MIX or not mix.isprintable():
        raise ParlandoError(
            Reason.OUT_OF_RANGE, f"mix is at most {_LONGEST_MIX} characters on one line", field="mix"
        )


def stored_mix(document: bytes) -> MixedVoice:
    """Return the mix of a document.

    Raises:
        ValueError: it is none, or of a later form than is known here.
    """
    try:
        told = json.loads(document)
        later = told.pop("form") != _FORM
        voice = MixedVoice(**{name: str(value) for name, value in told.items()})
    except (AttributeError, KeyError, TypeError, ValueError, ParlandoError) as error:
        raise ValueError("this is no document of a mix") from error
    if later:
        raise ValueError("this is no document of a mix that this version knows")
    return voice
