"""What is asked of a candidate, and what that costs though it is stopped."""

from __future__ import annotations

import uuid

from parlando_router.candidate import Candidate
from parlando_router.ports import SynthesisFinished, SynthesisRequest
from parlando_router.request import SpeechSettings
from parlando_router.stand import Stand
from parlando_router.turn import Turn


def request_of(
    candidate: Candidate, turn: Turn, settings: SpeechSettings, stand: Stand, previous_text: str
) -> SynthesisRequest:
    """Return the request to speak what is left of a fragment.

    Args:
        candidate: who is asked.
        turn: the fragment.
        settings: how to speak.
        stand: what the speaker works with.
        previous_text: what was said before the fragment.
    """
    said = turn.fragment.spoken_text[: turn.passage.offset]
    voice, language = candidate.voice, turn.language
    if language and not settings.language:
        voice, language = candidate.replica.cast_guess(voice, language, asked=bool(settings.voice))
    return SynthesisRequest(
        synthesis_id=uuid.uuid4().hex,
        text=turn.passage.text,
        text_kind=turn.fragment.text_kind,
        voice=voice,
        language=language,
        speed=settings.speed,
        pitch_semitones=settings.pitch_semitones,
        volume_db=settings.volume_db,
        emotion=settings.emotion or _suggested(candidate, turn),
        emotion_intensity=settings.emotion_intensity,
        previous_text=said or previous_text,
        seed=settings.seed,
        audio_queued=stand.playout.queued(),
        engine_options=settings.engine_options,
        seconds_left=stand.seconds_left(),
    )


def _suggested(candidate: Candidate, turn: Turn) -> str:
    """Return the feeling that the fragment itself suggests, where the candidate knows it."""
    about = candidate.replica.description
    known = about.emotions if about is not None else ()
    return turn.fragment.emotion if turn.fragment.emotion in known else ""


def charge(candidate: Candidate, request: SynthesisRequest) -> SynthesisFinished:
    """Return what a synthesis took that was stopped: all of its text was given to the engine."""
    return SynthesisFinished(0.0, len(request.text), candidate.cost(len(request.text)))
