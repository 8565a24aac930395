"""Which calls a channel to replicas makes again, to another replica, when one is refused or lost.

Lost means: before anything of its answer has come, and perhaps after it was done. So what stands here may be
done twice: it reads, or the second time it changes nothing, or all that it does is speak, and nobody has
heard any of it. A test holds that every method of these services stands here or is known to be none of these.
See docs/decisions/0061-what-is-asked-again.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc

from parlando_kit.errors import Reason
from parlando_kit.status import from_rpc_error

_Answer = TypeVar("_Answer")

_REPLICAS_ASKED = 4

_HEALTH = ("grpc.health.v1.Health/Check",)

ROUTER = (
    *_HEALTH,
    "parlando.admin.v1.AdminService/GetStatistics",
    "parlando.speech.v1.SpeechService/EstimateCost",
    "parlando.speech.v1.SpeechService/ListEngines",
    "parlando.speech.v1.SpeechService/ListVoices",
    "parlando.speech.v1.SpeechService/Phonemize",
    "parlando.speech.v1.SpeechService/PreviewVoice",
    "parlando.speech.v1.SpeechService/Say",
    "parlando.speech.v1.SpeechService/Speak",
    "parlando.speech.v1.SpeechService/StreamAudio",
)
FRAGMENTER = (
    *_HEALTH,
    "parlando.fragmenter.v1.FragmenterService/Fragment",
    "parlando.fragmenter.v1.FragmenterService/FragmentText",
)
SESSION = (
    *_HEALTH,
    "parlando.session.v1.SessionService/BatchPutTurns",
    "parlando.session.v1.SessionService/DeleteSession",
    "parlando.session.v1.SessionService/DeleteTurn",
    "parlando.session.v1.SessionService/ExportConversation",
    "parlando.session.v1.SessionService/GetPolicy",
    "parlando.session.v1.SessionService/GetSession",
    "parlando.session.v1.SessionService/ListTurns",
    "parlando.session.v1.SessionService/PutTurn",
    "parlando.session.v1.SessionService/SettleBudget",
    "parlando.session.v1.SessionService/TruncateTurn",
    "parlando.session.v1.SessionService/UpdateSession",
    "parlando.session.v1.SessionService/WatchPolicy",
)


async def refused_elsewhere(ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Make a call that must not be done twice: again only where a replica says that it drains.

    It says so before it does anything; a call that is merely lost may have been done.

    Raises:
        ParlandoError: what was answered, DRAINING once so many replicas have refused it.
    """
    left = _REPLICAS_ASKED
    while True:
        left -= 1
        try:
            return await ask()
        except grpc.aio.AioRpcError as error:
            known = from_rpc_error(error)
            if known.reason is not Reason.DRAINING or not left:
                raise known from error
