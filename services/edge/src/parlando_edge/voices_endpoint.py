"""What there is to choose from: voices, their previews, and models."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from parlando_edge.answer_models import ModelAnswer, ModelsAnswer, VoiceAnswer, VoicesAnswer
from parlando_edge.answers import json_answer
from parlando_edge.catalogue import Catalogue
from parlando_edge.models import DEFAULT_MODEL
from parlando_edge.ports import Speaker, Voice
from parlando_edge.previews import MEDIA_TYPE, Previews
from parlando_kit.errors import ParlandoError, Reason


def _shown(voice: Voice) -> VoiceAnswer:
    return VoiceAnswer(
        id=voice.id,
        name=voice.name,
        language=voice.languages[0] if voice.languages else "",
        languages=voice.languages,
        engine=voice.engine,
        preview_url=f"/v1/tts/voices/{quote(voice.engine, safe='')}/{quote(voice.id)}/preview",
    )


def _speaks(voice: Voice, language: str) -> bool:
    """Return whether a voice speaks a language; "en" also means "en-GB"."""
    wanted = language.casefold()
    return any(tag.casefold() == wanted or tag.casefold().startswith(f"{wanted}-") for tag in voice.languages)


class VoicesEndpoint:
    """Answers what there is.

    Args:
        speaker: the router.
        catalogue: its voices.
        previews: what they sound like.
    """

    def __init__(self, speaker: Speaker, catalogue: Catalogue, previews: Previews) -> None:
        self._speaker = speaker
        self._catalogue = catalogue
        self._previews = previews

    async def voices(self, request: Request) -> Response:
        """List the voices, by `?language=` and `?engine=` where they are given."""
        language = request.query_params.get("language", "")
        engine = request.query_params.get("engine", "")
        found = tuple(
            _shown(voice)
            for voice in await self._catalogue.voices()
            if (not language or _speaks(voice, language)) and engine in ("", voice.engine)
        )
        return json_answer(VoicesAnswer(voices=found).model_dump())

    async def preview(self, request: Request) -> Response:
        """Answer with a sentence by one voice, as a WAV file."""
        engine, voice_id = request.path_params["engine"], request.path_params["voice"]
        for voice in await self._catalogue.voices():
            if (voice.engine, voice.id) == (engine, voice_id):
                wav = await self._previews.of(voice)
                return Response(wav, headers={"cache-control": "max-age=86400"}, media_type=MEDIA_TYPE)
        raise ParlandoError(Reason.VOICE_NOT_FOUND, "no voice of that engine has that id: see /v1/tts/voices")

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
