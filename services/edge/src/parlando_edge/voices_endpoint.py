"""What there is to choose from: voices, their previews, and models."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from parlando_edge.answer_models import ModelAnswer, ModelsAnswer, VoiceAnswer, VoicesAnswer
from parlando_edge.answers import json_answer
from parlando_edge.models import DEFAULT_MODEL
from parlando_edge.ports import Gender, Speaker, Voice, WantedVoices
from parlando_kit.errors import ParlandoError, Reason

MEDIA_TYPE = "audio/wav"
"""Of a preview."""

_GENDERS: dict[str, Gender] = {"": "", "female": "female", "male": "male", "neutral": "neutral"}
_TRUTHS = {"": None, "true": True, "false": False}


def shown(voice: Voice) -> VoiceAnswer:
    """Return a voice as it is answered."""
    return VoiceAnswer(
        id=voice.id,
        name=voice.name,
        language=voice.languages[0] if voice.languages else "",
        languages=voice.languages,
        engine=voice.engine,
        gender=voice.gender,
        cloned=voice.cloned,
        licence=voice.licence,
        description=voice.description,
        mix=voice.mix,
        preview_url=f"/v1/tts/voices/{quote(voice.engine, safe='')}/{quote(voice.id)}/preview",
    )


def _wanted(query: Mapping[str, str]) -> WantedVoices:
    """Return which voices a query asks for.

    Raises:
        ParlandoError: OUT_OF_RANGE, at the parameter.
    """
    gender, cloned = query.get("gender", ""), query.get("cloned", "")
    if gender not in _GENDERS:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            "gender has the wrong value: use female, male or neutral",
            field="gender",
        )
    if cloned not in _TRUTHS:
        raise ParlandoError(
            Reason.OUT_OF_RANGE, "cloned has the wrong value: use true or false", field="cloned"
        )
    return WantedVoices(
        language=query.get("language", ""),
        engine=query.get("engine", ""),
        gender=_GENDERS[gender],
        cloned=_TRUTHS[cloned],
        text=query.get("text", ""),
    )


class VoicesEndpoint:
    """Answers what there is.

    Args:
        speaker: the router.
    """

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def voices(self, request: Request) -> Response:
        """List the voices, by what the query says they must have."""
        found = await self._speaker.voices(_wanted(request.query_params))
        return json_answer(VoicesAnswer(voices=tuple(map(shown, found))).model_dump())

    async def preview(self, request: Request) -> Response:
        """Answer with a sentence by one voice, as a WAV file."""
        wav = await self._speaker.preview(request.path_params["engine"], request.path_params["voice"])
        # The address stays, and the voice behind it may be another one tomorrow.
        return Response(wav, headers={"cache-control": "no-cache"}, media_type=MEDIA_TYPE)

    async def models(self, _: Request) -> Response:
        """List the models: the one that leaves the engine to the router, and each engine by its name."""
        names = [DEFAULT_MODEL, *(engine.name for engine in await self._speaker.engines() if engine.name)]
        shown = ModelsAnswer(data=tuple(ModelAnswer(id=name) for name in names))
        return json_answer(shown.model_dump())

    async def model(self, request: Request) -> Response:
        """Answer one model."""
        name = request.path_params["model"]
        names = {DEFAULT_MODEL, *(engine.name for engine in await self._speaker.engines() if engine.name)}
        if name not in names:
            raise ParlandoError(
                Reason.ENGINE_NOT_FOUND, "no model of that name: see /v1/models", field="model"
            )
        return json_answer(ModelAnswer(id=name).model_dump())
