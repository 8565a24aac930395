from __future__ import annotations

import asyncio
import struct

import pytest

from parlando_edge.formats import AudioFormat
from parlando_edge.ports import AudioMade, Finished, SpeechSettings
from parlando_edge.previews import Previews, sentence_for
from parlando_kit.errors import ParlandoError
from tests.unit.edge.speakers import Reciter, voice

_HEADER = b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff"
_AUDIO = (AudioMade(_HEADER + b"\1\0" * 40, 40), AudioMade(b"\2\0" * 10, 10), Finished(50, 9, ()))
_SIZE = len(_HEADER) + 100


async def test_a_preview_is_spoken_once_however_many_ask() -> None:
    speaker = Reciter(*_AUDIO)
    previews = Previews(speaker, 10 * _SIZE)
    wavs = await asyncio.gather(*(previews.of(voice("gmw/de", "de")) for _ in range(5)))
    assert set(wavs) == {wavs[0]}
    assert struct.unpack_from("<I", wavs[0], 16) == (100,)
    settings = SpeechSettings(voice="gmw/de", engine="espeak", audio=AudioFormat(wav=True))
    assert speaker.asked == [("So klinge ich, wenn ich etwas vorlese.", settings)]


async def test_the_least_used_previews_go_first() -> None:
    speaker = Reciter(*_AUDIO)
    previews = Previews(speaker, 2 * _SIZE)
    for name in ("a", "b", "a", "c", "a", "b"):
        await previews.of(voice(name))
    assert [settings.voice for _, settings in speaker.asked] == ["a", "b", "c", "b"]


async def test_nothing_is_kept_where_nothing_may_be() -> None:
    speaker = Reciter(*_AUDIO)
    previews = Previews(speaker, 0)
    for _ in range(2):
        await previews.of(voice("a"))
    assert len(speaker.asked) == 2


async def test_a_voice_that_says_nothing_has_no_preview() -> None:
    with pytest.raises(ParlandoError, match="said nothing"):
        await Previews(Reciter(Finished(0, 0, ())), 100).of(voice("a"))


def test_a_voice_speaks_its_own_language_where_there_is_a_sentence() -> None:
    assert sentence_for(voice("a", "fr-CH")).startswith("Voici")
    assert sentence_for(voice("a", "xx")) == sentence_for(voice("a")) == sentence_for(voice("a", "en-GB"))
