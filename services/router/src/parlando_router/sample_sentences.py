"""The sentence that a voice is previewed with, in its own language."""

from __future__ import annotations

from collections.abc import Sequence

# By primary language, each "this is how I sound when I read aloud" as one says it there.
_SENTENCES = {
    "ar": "هكذا يبدو صوتي عندما أقرأ بصوت عال.",
    "bg": "Така звучи гласът ми, когато чета на глас.",
    "ca": "Així sona la meva veu quan llegeixo en veu alta.",
    "cs": "Takto mluvím, když něco předčítám.",
    "da": "Sådan lyder jeg, når jeg læser højt.",
    "de": "So klinge ich, wenn ich etwas vorlese.",
    "el": "Έτσι ακούγεται η φωνή μου όταν διαβάζω δυνατά.",
    "en": "This is how I sound when I read aloud.",
    "es": "Así sueno cuando leo en voz alta.",
    "fi": "Tältä kuulostan, kun luen ääneen.",
    "fr": "Voici ma voix quand je lis un texte.",
    "he": "כך אני נשמע כשאני קורא בקול.",
    "hi": "जब मैं पढ़ती हूँ तो मेरी आवाज़ ऐसी लगती है।",
    "hr": "Ovako zvuči moj glas kada čitam naglas.",
    "hu": "Így szól a hangom, amikor felolvasok.",
    "id": "Beginilah suara saya saat membaca.",
    "it": "Così suona la mia voce quando leggo.",
    "ja": "私が読み上げると、このような声になります。",
    "ko": "제가 글을 읽을 때의 목소리입니다.",
    "ms": "Beginilah suara saya apabila membaca.",
    "nb": "Slik høres jeg ut når jeg leser høyt.",
    "nl": "Zo klink ik als ik iets voorlees.",
    "no": "Slik høres jeg ut når jeg leser høyt.",
    "pl": "Tak brzmię, kiedy czytam na głos.",
    "pt": "É assim que eu soo quando leio em voz alta.",
    "ro": "Așa sun când citesc cu voce tare.",
    "ru": "Так звучит мой голос, когда я читаю вслух.",
    "sk": "Takto znie môj hlas, keď čítam nahlas.",
    "sv": "Så här låter jag när jag läser högt.",
    "sw": "Hivi ndivyo sauti yangu inavyosikika ninaposoma.",
    "tr": "Yüksek sesle okurken sesim böyle.",
    "uk": "Так звучить мій голос, коли я читаю вголос.",
    "vi": "Đây là giọng của tôi khi đọc thành tiếng.",
    "zh": "这就是我朗读时的声音。",
}
_DEFAULT = "en"


def sample_sentence(languages: Sequence[str]) -> tuple[str, str]:
    """Return the sentence for a voice, and its BCP 47 tag.

    It is in the first of the voice's languages that there is one in. Where there is none in any of them it is
    English, which the voice speaks in its own manner.
    """
    for tag in languages:
        primary = tag.partition("-")[0].casefold()
        if primary in _SENTENCES:
            return _SENTENCES[primary], tag
    return _SENTENCES[_DEFAULT], _DEFAULT
