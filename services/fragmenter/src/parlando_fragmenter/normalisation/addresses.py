"""Addresses that machines read: URLs, e-mail and IP addresses, file names, names with @ and #."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.numerals import cardinal, digits
from parlando_fragmenter.normalisation.rule import DIGITS, END, LETTERS, Rule, Variety, rule, words_of

_SIGNS = {
    ".": "dot",
    "/": "slash",
    "-": "dash",
    "_": "underscore",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "#": "hash",
    ":": "colon",
    "@": "at",
    "%": "percent",
    "~": "tilde",
    "+": "plus",
}
_PART = re.compile(r"[^\W\d_]+|[0-9]+|.", re.DOTALL)
_VOWEL = re.compile("[aeiouyAEIOUY]")
# Two letters that are said as a word within an address; others are spelled.
_SHORT_WORDS = words_of("co me my go to be do in on of or we it no so up by at is as an if he de la le el")
_LONGEST_CARDINAL = 2
_LONGEST_ACRONYM = 4
_DOMAINS = (
    "com|org|net|edu|gov|mil|info|biz|io|dev|app|ai|co|tv|uk|ca|au|de|fr|es|nl|eu|ch|se|dk|pl|jp|cn|nz|br|xyz"
    "|tech|fm|gg"
)
_FILES = (
    "pdf|txt|md|doc|docx|xls|xlsx|ppt|pptx|csv|tsv|json|jsonl|yaml|yml|toml|ini|cfg|conf|xml|html|htm|css|js|ts"
    "|jsx|tsx|py|ipynb|rs|go|java|kt|c|h|cpp|hpp|cs|rb|php|sh|sql|proto|log|lock|zip|tar|gz|exe|dll|apk|dmg|iso"
    "|bin|onnx|png|jpg|jpeg|gif|svg|webp|bmp|mp3|mp4|wav|ogg|flac|mov|avi|mkv|webm|env"
)


def spelled(letters: str) -> str:
    """Return letters to be said one by one: capitals with white space between them."""
    return " ".join(letters.upper())


def spell_out(text: str, variety: Variety) -> str:
    """Return what is said for an address, sign by sign; letters without a vowel are spelled."""
    said: list[str] = []
    for part in _PART.findall(text):
        if part[0] in DIGITS:
            short = len(part) <= _LONGEST_CARDINAL and (part[0] != "0" or part == "0")
            said.append(cardinal(int(part), variety) if short else digits(part))
        elif part[0].isalnum():
            word = part.lower() in _SHORT_WORDS or (len(part) > _LONGEST_CARDINAL and _VOWEL.search(part))
            said.append(
                part if word and not (part.isupper() and len(part) <= _LONGEST_ACRONYM) else spelled(part)
            )
        elif part in _SIGNS:
            said.append(_SIGNS[part])
    return " ".join(said)


def _address(match: re.Match[str], variety: Variety) -> str | None:
    return spell_out(match["said"].rstrip("/"), variety) or None


def _name(match: re.Match[str], _variety: Variety) -> str:
    return (
        f"{'at' if match.group()[0] == '@' else 'hashtag'} {_CAMEL.sub(' ', match['said']).replace('_', ' ')}"
    )


def _ip(match: re.Match[str], variety: Variety) -> str:
    octets = " dot ".join(digits(octet) for octet in match["octets"].split("."))
    tail = match["tail"]
    return (
        f"{octets} {_SIGNS[tail[0]]} {digits(tail) if tail[0] == ':' else cardinal(int(tail[1:]), variety)}"
        if tail
        else octets
    )


def _color(match: re.Match[str], _variety: Variety) -> str | None:
    code = match["said"]
    if code.isalpha():
        return None
    return "hash " + " ".join(digits(each) if each.isdigit() else each.upper() for each in code)


_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
_path = r"(?:[/?#:][^\s<>\"\u201c\u201d]*[^\s<>\"\u201c\u201d.,;:!?'\u2019)\]}*])?"
_ANY = LETTERS + DIGITS

ADDRESSES: tuple[Rule, ...] = (
    rule(
        "url",
        "hfHFwW",
        r"(?i)(?:https?://|ftp://|(?=www\.))(?P<said>[^\s<>\"\u201c\u201d/?#]*[^\s<>\"\u201c\u201d.,;:!?'\u2019)\]}/*]"
        + _path
        + ")/?",
        _address,
    ),
    rule(
        "email",
        _ANY,
        r"(?:mailto:)?(?P<said>[^\W_][\w.%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})" + END,
        _address,
    ),
    rule(
        "ip_address",
        DIGITS,
        rf"(?P<octets>[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})(?P<tail>[/:][0-9]{{1,5}})?{END}(?!\.[0-9])",
        _ip,
    ),
    rule(
        "url",
        _ANY,
        rf"(?P<said>(?:[A-Za-z0-9-]{{1,63}}\.){{1,5}}(?:{_DOMAINS})(?![^\W_]|\.[^\W_]|@)(?::[0-9]{{2,5}})?"
        + _path
        + ")/?",
        _address,
    ),
    rule(
        "file_name",
        _ANY,
        rf"(?P<said>[^\W_][\w-]{{0,80}}(?:\.[\w-]{{1,30}}){{0,3}}\.(?:{_FILES})){END}",
        _address,
    ),
    rule("hex", "#", rf"#(?P<said>[0-9A-Fa-f]{{6}}){END}", _color),
    rule("hashtag", "#", rf"#(?P<said>[^\W\d_]\w{{0,80}}){END}", _name),
    rule("mention", "@", rf"@(?P<said>[^\W\d_]\w{{0,80}}){END}", _name),
)
