"""Voices, engines, prices and pronunciations, as the unary calls return them."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_client.events import Money
from parlando_client.reading import label, money, seconds


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice an engine can speak with.

    Attributes:
        id: what to ask for.
        name: for people.
        engine: that has it.
        languages: BCP 47 tags, the best first.
        gender: "female", "male", "neutral", or "" where it is not stated.
        age: in years, or None.
        sample_rate_hz: of its own sound.
        cloned: it was made from a recording.
        licence: SPDX expression, or what was said; "" where it is not known.
        description: a sentence about it, for people.
        aliases: what else it answers to.
        consent_note: who agreed to its cloning, and how that is known; "" for others.
        mix: what it is mixed of; "" for none.
        revision: what tells whether it sounds as it did; "" for those that came with an engine.
    """

    id: str
    name: str
    engine: str
    languages: tuple[str, ...]
    gender: str
    age: int | None
    sample_rate_hz: int
    cloned: bool
    licence: str
    description: str
    aliases: tuple[str, ...]
    consent_note: str
    mix: str
    revision: str

    @classmethod
    def read(cls, of: synth_pb2.Voice) -> Voice:
        """Return the voice a message describes."""
        gender = label(synth_pb2.VoiceGender, of.gender, "VOICE_GENDER_").lower()
        return cls(
            id=of.id,
            name=of.name,
            engine=of.engine,
            languages=tuple(of.languages),
            gender="" if gender == "unspecified" else gender,
            age=of.age if of.HasField("age") else None,
            sample_rate_hz=of.sample_rate_hz,
            cloned=of.cloned,
            licence=of.licence,
            description=of.description,
            aliases=tuple(of.aliases),
            consent_note=of.consent_note,
            mix=of.mix,
            revision=of.revision,
        )


@dataclass(frozen=True, slots=True)
class VoicePreview:
    """What a voice sounds like.

    Attributes:
        wav: a WAV file of signed 16-bit samples, one channel, at 24,000 Hz.
        text: the sentence that is spoken.
        language: its BCP 47 tag.
        engine: that speaks.
        voice: that speaks.
    """

    wav: bytes = field(repr=False)
    text: str
    language: str
    engine: str
    voice: str

    @classmethod
    def read(cls, of: speech_pb2.PreviewVoiceResponse) -> VoicePreview:
        """Return the preview a message holds."""
        return cls(of.wav, of.text, of.language, of.engine, of.voice)


@dataclass(frozen=True, slots=True)
class Replica:
    """One worker of an engine, as the router sees it.

    Attributes:
        address: where it is.
        serving: True when it would be given work now.
        detail: why not, for people.
        version: its engine's version; "" where it never answered.
        live: syntheses under way.
        queued: syntheses waiting.
        predicted_first_chunk: seconds to expect, or None where not known.
        voices_revision: the same for workers that have the same voices; "" where it is not known.
    """

    address: str
    serving: bool
    detail: str
    version: str
    live: int
    queued: int
    predicted_first_chunk: float | None
    voices_revision: str = ""

    @classmethod
    def read(cls, of: speech_pb2.EngineReplica) -> Replica:
        """Return the replica a message describes."""
        predicted = of.predicted_first_chunk
        return cls(
            address=of.address,
            serving=of.serving,
            detail=of.detail,
            version=of.description.engine_version,
            live=of.description.load.live,
            queued=of.description.load.queued,
            predicted_first_chunk=seconds(predicted) if of.HasField("predicted_first_chunk") else None,
            voices_revision=of.description.voices_revision,
        )


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine with its workers.

    Attributes:
        primary: it is asked first, were it up.
        place: why it stands where it does among the engines, for people.
        asked: False where it is not asked, whatever becomes of the others.
    """

    name: str
    primary: bool
    replicas: tuple[Replica, ...]
    place: str = ""
    asked: bool = True

    @classmethod
    def read(cls, of: speech_pb2.Engine) -> Engine:
        """Return the engine a message describes."""
        replicas = tuple(Replica.read(replica) for replica in of.replicas)
        return cls(of.name, of.primary, replicas, of.place, of.asked)


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a text would cost, and how many seconds of audio it would be as far as can be told."""

    engine: str
    voice: str
    characters: int
    cost: Money
    audio: float

    @classmethod
    def read(cls, of: speech_pb2.EstimateCostResponse) -> CostEstimate:
        """Return the estimate a message holds."""
        return cls(of.engine, of.voice, of.characters, money(of.cost), seconds(of.audio))


@dataclass(frozen=True, slots=True)
class PronouncedWord:
    """A word as it stands in the text from `start` to `end`, and its phonemes; "" where it goes unsaid."""

    text: str
    start: int
    end: int
    phonemes: str


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How an engine would pronounce a text, in its own notation.

    Attributes:
        phonemes: all of it, with spaces and punctuation.
        words: in order; what is written in one and said in several is several words.
    """

    engine: str
    voice: str
    phonemes: str
    words: tuple[PronouncedWord, ...]

    @classmethod
    def read(cls, of: speech_pb2.PhonemizeResponse, text: str) -> Pronunciation:
        """Return the pronunciation of a text that a message holds."""
        words = (
            PronouncedWord(
                text[word.source.start : word.source.end], word.source.start, word.source.end, word.phonemes
            )
            for word in of.words
        )
        return cls(of.engine, of.voice, of.phonemes, tuple(words))
