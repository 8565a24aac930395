"""Whose a voice is, where not all workers have told."""

from __future__ import annotations

import pytest

from parlando.admin.v1 import admin_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.roster import Roster
from parlando_router.voice_keeping import VoiceKeeping
from parlando_scripted.clock import ManualClock
from tests.unit.router.cast import description, idle_worker, voice


async def _refusal(roster: Roster) -> ParlandoError:
    with pytest.raises(ParlandoError) as refused:
        await VoiceKeeping(roster).remove(admin_pb2.DeleteVoiceRequest(voice="anna"))
    return refused.value


async def test_a_voice_that_nobody_has_said_to_have_yet_is_to_be_asked_for_again() -> None:
    roster = Roster(ManualClock())
    for address in ("a:1", "b:1"):
        roster.add(address, idle_worker())
    roster.answered("a:1", description("kokoro"), (voice("alto"),))
    silent = await _refusal(roster)
    roster.answered("b:1", description("chatterbox", ready=False))
    loading = await _refusal(roster)
    for refused in (silent, loading):
        assert (refused.reason, refused.retry_after) == (Reason.NO_ENGINE_AVAILABLE, 1.0)
    roster.answered("b:1", description("chatterbox"), (voice("bass"),))
    assert (await _refusal(roster)).reason is Reason.VOICE_NOT_FOUND
