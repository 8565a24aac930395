"""What is spoken does not show where somebody looks at what holds it: in a traceback, or in a log."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from parlando_edge.asked import Asked
from parlando_edge.dialogue import Message, Prompt
from parlando_edge.ports import SpeechSettings
from parlando_edge.realtime import outgoing
from parlando_edge.realtime.conversation import Item
from parlando_edge.realtime.outputs import Emit, KeepSettings, KeepTurn, Speak, Write
from parlando_edge.realtime.request import Request
from parlando_edge.realtime.session import SessionConfig
from parlando_edge.session_ports import KeptSettings, Turn, TurnRole, TurnStatus
from parlando_edge.speech_bodies import AudioBody
from parlando_edge.speech_body import EstimateBody, SpeechBody, TimestampsBody
from parlando_edge.speech_request import SpeechRequest
from parlando_edge.subtitles import Cue

_TEXT = "xylophone"
_SETTINGS = SpeechSettings()
_TURN = Turn("item_1", TurnRole.USER, TurnStatus.COMPLETED, _TEXT)


@pytest.mark.parametrize(
    "holder",
    [
        Message(TurnRole.USER, _TEXT),
        Prompt((_TEXT,), lambda: (Message(TurnRole.USER, _TEXT),), f"Say {_TEXT}.", _SETTINGS),
        Write("resp_1", _TEXT),
        Speak("resp_1", _SETTINGS, text=_TEXT),
        Emit({"type": "response.output_audio_transcript.delta", "delta": _TEXT}),
        KeepTurn(_TURN),
        KeepSettings(KeptSettings(_SETTINGS, f'{{"instructions": "Say {_TEXT}."}}')),
        Item("item_1", _TEXT, "user", _TEXT, turn=_TURN),
        SessionConfig("s1", shown={"instructions": f"Say {_TEXT}."}),
        Request(SessionConfig("s1"), "conv_1", None, None, _TEXT),
        outgoing.Message(_TEXT, "", 0, 0.0),
        SpeechRequest(_TEXT, _SETTINGS, "audio/mpeg", events=False),
        Asked(_TEXT, _SETTINGS, AudioBody("audio/mpeg")),
        Cue(1, 0, 1_000, (_TEXT,)),
        SpeechBody(input=_TEXT, instructions=f"Say {_TEXT}."),
        TimestampsBody(input=_TEXT),
        EstimateBody(input=_TEXT),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_is_spoken_is_not_shown(holder: object) -> None:
    assert _TEXT not in repr(holder)


def test_what_is_said_of_a_wrong_body_quotes_none_of_it() -> None:
    with pytest.raises(ValidationError) as wrong:
        SpeechBody.model_validate({"input": [_TEXT], "speed": f"as {_TEXT}", "instructions": _TEXT * 1_000})
    assert wrong.value.error_count() == 3
    assert _TEXT not in str(wrong.value) + repr(wrong.value)
