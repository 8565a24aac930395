"""What who has the administrator's key may do to voices over HTTP."""

from __future__ import annotations

from pydantic import SecretStr

from parlando_edge.admin_key import Guarded
from parlando_edge.answer_models import VoiceAnswer, VoiceRemovedAnswer
from parlando_edge.operations import Operation, Parameter
from parlando_edge.voice_form import MEDIA_TYPE
from parlando_edge.voice_making import VoiceChangeBody, VoiceForm
from parlando_edge.voice_making_endpoint import VoiceMakingEndpoint

_NAMED = (
    Parameter("voice", "path", "The voice's id.", example="anna-1a2b3c4d"),
    Parameter("engine", "query", "Its engine, where several have such a voice.", example="chatterbox"),
)


def voice_operations(making: VoiceMakingEndpoint, key: SecretStr) -> tuple[Operation, ...]:
    """Return the operations; all of them want the key."""
    return (
        Operation(
            "/v1/audio/voices",
            "createVoice",
            Guarded(making.create, key),
            "Make a voice from a recording, or of a mix",
            VoiceAnswer,
            method="POST",
            body=VoiceForm,
            body_media=MEDIA_TYPE,
            guarded=True,
        ),
        Operation(
            "/v1/audio/voices/{voice}",
            "updateVoice",
            Guarded(making.change, key),
            "Change what is said of a voice that was made",
            VoiceAnswer,
            method="POST",
            body=VoiceChangeBody,
            parameters=_NAMED,
            guarded=True,
        ),
        Operation(
            "/v1/audio/voices/{voice}",
            "deleteVoice",
            Guarded(making.remove, key),
            "Remove a voice that was made",
            VoiceRemovedAnswer,
            method="DELETE",
            parameters=_NAMED,
            guarded=True,
        ),
    )
