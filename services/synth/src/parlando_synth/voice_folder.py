"""Cloned voices in a folder. Needs the extra "cloning"."""

from __future__ import annotations

from dataclasses import asdict

from parlando_synth.cloned_voice import ClonedVoice, VoiceUpload, stored_voice, voice_id
from parlando_synth.kept_voices import KeptVoices
from parlando_synth.reference_clip import reference_clip

SUFFIX = ".voice.json"
"""How the file of a document ends."""


class VoiceFolder(KeptVoices[ClonedVoice]):
    """The cloned voices of a folder; see `KeptVoices`."""

    suffix = SUFFIX

    def add(self, upload: VoiceUpload) -> ClonedVoice:
        """Read and check a clip, and keep the voice. The same clip by the same id is the same voice.

        Raises:
            ParlandoError: as `reference_clip` and `KeptVoices.keep`.
        """
        clip = reference_clip(upload.clip).wav()
        known = upload.id or voice_id(upload.terms.name, clip)
        return self.keep(ClonedVoice(**asdict(upload.terms), id=known, clip=clip))

    def _stored(self, document: bytes) -> ClonedVoice:
        return stored_voice(document)
