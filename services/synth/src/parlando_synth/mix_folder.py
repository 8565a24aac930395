"""Mixes of an engine's voices in a folder."""

from __future__ import annotations

from parlando_synth.cloned_voice import voice_id
from parlando_synth.kept_voices import KeptVoices
from parlando_synth.mixed_voice import MixedVoice, VoiceMix, stored_mix


class MixFolder(KeptVoices[MixedVoice]):
    """The mixes of a folder; see `KeptVoices`."""

    suffix = ".mix.json"

    def add(self, mix: VoiceMix) -> MixedVoice:
        """Keep a mix that the engine has read. The same mix by the same id is the same voice.

        Raises:
            ParlandoError: as `MixedVoice` and `KeptVoices.keep`.
        """
        known = mix.id or voice_id(mix.name, mix.mix.encode())
        return self.keep(MixedVoice(id=known, name=mix.name, mix=mix.mix, description=mix.description))

    def _stored(self, document: bytes) -> MixedVoice:
        return stored_mix(document)
