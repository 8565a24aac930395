"""Python client of Parlando: text in, while it is still being written; speech and word times out.

    from parlando_client import Audio, Client

    with Client("127.0.0.1:50051") as client:
        for event in client.say("Hello, world.", voice="gmw/en-US", sample_rate_hz=24_000):
            if isinstance(event, Audio):
                play(event.data)

`AsyncClient` is the same on asyncio. `speak` takes text as it grows, and can be cancelled. `Sessions` keeps
what was said, and which words of it were heard.
"""

from parlando_client.aio import AsyncClient
from parlando_client.aio_utterance import AsyncLiveUtterance, AsyncUtterance
from parlando_client.catalogue import (
    CostEstimate,
    Engine,
    PronouncedWord,
    Pronunciation,
    Replica,
    Voice,
    VoicePreview,
)
from parlando_client.client import Client
from parlando_client.delivery import Delivery
from parlando_client.errors import SpeechError
from parlando_client.events import (
    Audio,
    AudioFormat,
    Cancelled,
    EngineChanged,
    Event,
    Finished,
    Flushed,
    FragmentBegun,
    Money,
    Progress,
    Started,
    StopReport,
    TimingQuality,
    Usage,
    Word,
    Words,
)
from parlando_client.sessions import AsyncSessions, Sessions
from parlando_client.spending import EngineSpending, Spending
from parlando_client.transcript import Heard
from parlando_client.utterance import LiveUtterance, Utterance
from parlando_client.voice_requests import VoiceTerms

__all__ = [
    "AsyncClient",
    "AsyncLiveUtterance",
    "AsyncSessions",
    "AsyncUtterance",
    "Audio",
    "AudioFormat",
    "Cancelled",
    "Client",
    "CostEstimate",
    "Delivery",
    "Engine",
    "EngineChanged",
    "EngineSpending",
    "Event",
    "Finished",
    "Flushed",
    "FragmentBegun",
    "Heard",
    "LiveUtterance",
    "Money",
    "Progress",
    "PronouncedWord",
    "Pronunciation",
    "Replica",
    "Sessions",
    "SpeechError",
    "Spending",
    "Started",
    "StopReport",
    "TimingQuality",
    "Usage",
    "Utterance",
    "Voice",
    "VoicePreview",
    "VoiceTerms",
    "Word",
    "Words",
]
