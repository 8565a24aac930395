"""Which voices are to be listed."""

from __future__ import annotations

from dataclasses import dataclass

from parlando_router.replica import KnownVoice

LONGEST_NAME = 64
"""Characters of a name or language tag that are compared and repeated: a caller may send megabytes."""


@dataclass(frozen=True, slots=True)
class VoiceFilter:
    """What voices must have.

    Attributes:
        engine: the one that has them; "" for any.
        language: BCP 47 tag that they speak; "" for any.
        gender: "female", "male" or "neutral"; "" for any.
        cloned: made from a recording, or not; None for either.
        text: in their id, an alias, their name or their description, letter case aside; "" for any.
    """

    engine: str = ""
    language: str = ""
    gender: str = ""
    cloned: bool | None = None
    text: str = ""

    def takes(self, voice: KnownVoice) -> bool:
        """Return whether a voice has what is asked for; whose engine it is is not looked at."""
        language, text = self.language[:LONGEST_NAME], self.text[:LONGEST_NAME].casefold()
        return (
            (not language or voice.speaks(language))
            and self.gender in ("", voice.gender)
            and self.cloned in (None, voice.cloned)
            and any(text in said for said in voice.texts or ("",))
        )


ALL_VOICES = VoiceFilter()
"""Whatever there is."""
