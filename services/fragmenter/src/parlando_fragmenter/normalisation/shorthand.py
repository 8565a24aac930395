"""Abbreviations, titles and streets."""

from __future__ import annotations

import re

from parlando_fragmenter.normalisation.dates import MONTHS, WEEKDAYS
from parlando_fragmenter.normalisation.numerals import DASH, NUMBER, digits, number, year
from parlando_fragmenter.normalisation.rule import END, LETTERS, Rule, Variety, before, rule, words_of
from parlando_fragmenter.normalisation.years import is_year

TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Messrs": "Messieurs",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Gen": "General",
    "Sen": "Senator",
    "Gov": "Governor",
    "Capt": "Captain",
    "Cpt": "Captain",
    "Cmdr": "Commander",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Cpl": "Corporal",
    "Pvt": "Private",
    "Col": "Colonel",
    "Maj": "Major",
    "Adm": "Admiral",
    "Hon": "Honorable",
    "Pres": "President",
    "Rep": "Representative",
    "Supt": "Superintendent",
    "Insp": "Inspector",
}
# Said without a full stop after them too.
_BARE_TITLES = frozenset({"Mr", "Mrs", "Ms", "Prof"})

# With a full stop.
_ABBREVIATIONS = {
    "etc": "et cetera",
    "vs": "versus",
    "approx": "approximately",
    "dept": "department",
    "govt": "government",
    "assn": "association",
    "assoc": "associate",
    "inc": "incorporated",
    "ltd": "limited",
    "corp": "corporation",
    "co": "company",
    "bros": "brothers",
    "jr": "junior",
    "sr": "senior",
    "esq": "esquire",
    "est": "established",
    "min": "minimum",
    "max": "maximum",
    "avg": "average",
    "misc": "miscellaneous",
    "univ": "university",
    "incl": "including",
    "excl": "excluding",
    "tel": "telephone",
    "ext": "extension",
    "apt": "apartment",
    "ca": "circa",
    "cf": "compare",
    "viz": "namely",
    "ed": "edition",
    "feat": "featuring",
    "i.e": "that is",
    "e.g": "for example",
    "a.k.a": "also known as",
    "n.b": "note well",
    "p.a": "per annum",
    "pts": "points",
    "bldg": "building",
    "a.m": "A M",
    "p.m": "P M",
    "ph.d": "P H D",
    "b.sc": "B S C",
    "m.sc": "M S C",
}
# Capitals make a name, or begin a sentence with a word of its own.
_SMALL_ONLY = frozenset({"co", "est", "ca", "ed", "min", "max", "ext", "cf"})
_CAPITAL_ONLY = frozenset({"co", "jr", "sr", "ltd", "inc", "corp"})
# Without a full stop.
_BARE = {
    "vs": "versus",
    "approx": "approximately",
    "aka": "also known as",
    "WWI": "World War one",
    "WWII": "World War two",
    "w/o": "without",
    "w/": "with",
    "etc": "et cetera",
    "eg": "for example",
    "ie": "that is",
    "Jr": "junior",
    "Sr": "senior",
    "Inc": "incorporated",
    "Ltd": "limited",
}
_NUMBERED = {
    "No": ("number", "numbers"),
    "no": ("number", "numbers"),
    "Nos": ("numbers", "numbers"),
    "nos": ("numbers", "numbers"),
    "p": ("page", "pages"),
    "pp": ("pages", "pages"),
    "Vol": ("volume", "volumes"),
    "vol": ("volume", "volumes"),
    "Fig": ("figure", "figures"),
    "fig": ("figure", "figures"),
    "Figs": ("figures", "figures"),
    "figs": ("figures", "figures"),
    "Ch": ("chapter", "chapters"),
    "ch": ("chapter", "chapters"),
    "Sec": ("section", "sections"),
    "sec": ("section", "sections"),
    "Eq": ("equation", "equations"),
    "eq": ("equation", "equations"),
    "Art": ("article", "articles"),
    "art": ("article", "articles"),
    "Apt": ("apartment", "apartments"),
    "apt": ("apartment", "apartments"),
    "Rm": ("room", "rooms"),
    "Ste": ("suite", "suites"),
    "Ext": ("extension", "extensions"),
    "ext": ("extension", "extensions"),
    "Ep": ("episode", "episodes"),
    "ep": ("episode", "episodes"),
    "ca": ("circa", "circa"),
    "c": ("circa", "circa"),
    "est": ("established", "established"),
    "Est": ("established", "established"),
}
NUMBERED = frozenset(_NUMBERED)
# From on so many digits a number names rather than counts: no. 88231.
_NAMING_DIGITS = 5
STREETS = {
    "St": "Street",
    "Ave": "Avenue",
    "Av": "Avenue",
    "Rd": "Road",
    "Blvd": "Boulevard",
    "Ln": "Lane",
    "Hwy": "Highway",
    "Pkwy": "Parkway",
    "Sq": "Square",
    "Ct": "Court",
    "Pl": "Place",
    "Dr": "Drive",
    "Ter": "Terrace",
}
_BEFORE_NAMES = {"St": "Saint", "Dr": "Doctor", "Mt": "Mount", "Ft": "Fort"}
# Capitalised, but no name of a street.
_NO_STREET = words_of("""
In At To From The A An And Or Of On By For With Visit Near Is Was Are Do Does Did Has Have Had If When
While Where Mount Fort Lake Port Cape Dear Hello Hi Thanks Yes No Ask Call See Meet Tell Our My Your His
Her Their This That Then Today But So As Because After Before Since Until Welcome Happy Merry
""")
_HOUSE = re.compile(
    r"(?:^|[\s(])(?:[0-9]{1,6}[A-Za-z]?|[0-9]+(?:st|nd|rd|th))(?: (?:[NSEW]\.?|[A-Z][\w'\u2019.]*)){0,3} $"
)
_SPACES_OF_A_HOUSE = 5  # one before its number, and one after each of its words
_NAME_AHEAD = re.compile(r" [A-Z][\w'\u2019]")


def _title(match: re.Match[str], _variety: Variety) -> str | None:
    word = match["word"]
    if not match["stop"] and word not in _BARE_TITLES:
        return None
    return TITLES[word]


def _is_after_house(match: re.Match[str]) -> bool:
    """Return whether a house's number stands before a match, and up to three words between."""
    text, end = match.string, match.start()
    if text[end - 1 : end] != " ":
        return False
    start = end
    for _ in range(_SPACES_OF_A_HOUSE):
        start = max(text.rfind(" ", 0, start), 0)
    return _HOUSE.search(text, start, end) is not None


def _street_or_name(match: re.Match[str], _variety: Variety) -> str | None:
    """St. and Dr.: of a street after its name, of a saint or a doctor before theirs."""
    word, text = match["word"], match.string
    name_ahead = _NAME_AHEAD.match(text, match.end()) is not None
    last = before(match)
    house = _is_after_house(match)
    name_behind = last[:1].isupper() and last[-1:].isalpha() and last not in _NO_STREET
    begins = text[: match.start()].strip() == last
    if word in STREETS and (house or (name_behind and not (name_ahead and (begins or word == "Dr")))):
        return STREETS[word]
    if word in _BEFORE_NAMES and (name_ahead or match.end() == len(text)):
        return _BEFORE_NAMES[word]
    return None


def _abbreviation(match: re.Match[str], _variety: Variety) -> str | None:
    written = match["word"]
    word = written.lower()
    said = _ABBREVIATIONS.get(word)
    if word == "min" and before(match).lower() in ("per", "a"):
        return "minute"
    if word == "est" and before(match)[-1:].isdigit():  # 2024 est.
        return "estimated"
    if said is None or (written[0].isupper() and word in _SMALL_ONLY - _CAPITAL_ONLY):
        return None
    if word in _CAPITAL_ONLY and not written[0].isupper():
        return None
    return said


def _bare(match: re.Match[str], _variety: Variety) -> str | None:
    return _BARE.get(match["word"])


def _numbered(match: re.Match[str], variety: Variety) -> str | None:
    one, many = _NUMBERED[match["word"]]
    first, second = match["first"], match["second"]
    as_year = one in ("circa", "established") and is_year(first)
    named = one == "number" and first.isdigit() and len(first) >= _NAMING_DIGITS
    said = year(int(first), variety) if as_year else digits(first) if named else number(first, variety)
    if match["letter"]:
        said = f"{said} {match['letter'].upper()}"
    return f"{many} {said} to {number(second, variety)}" if second else f"{one} {said}"


def _initials(match: re.Match[str], _variety: Variety) -> str:
    return " ".join(match.group().replace(".", " ").split())


_MONTHS = {name[:3]: name for name in MONTHS if len(name) > len("June")} | {"Sept": "September"}
_CALENDAR = _MONTHS | WEEKDAYS


def _from_to(match: re.Match[str], _variety: Variety) -> str:
    return f"{_CALENDAR[match['first']]} to {_CALENDAR[match['last']]}"


def _calendar(match: re.Match[str], _variety: Variety) -> str | None:
    word, last = match["word"], before(match).lower()
    if word in ("Sat", "Sun", "Mar", "Dec", "Mon") and last in ("the", "a", "our"):
        return None
    return _CALENDAR[word]


def _any(words: frozenset[str] | dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _first_letters(words: frozenset[str] | dict[str, str]) -> str:
    return "".join(sorted({word[0] for word in words}))


_month = f"(?:{_any(frozenset(MONTHS) | frozenset(_MONTHS))})"
_places = STREETS | _BEFORE_NAMES
_anycase = frozenset(_ABBREVIATIONS) | {word.capitalize() for word in _ABBREVIATIONS}
SHORTHAND: tuple[Rule, ...] = (
    rule(
        "title",
        _first_letters(TITLES),
        rf"(?P<word>{_any(TITLES)})(?:(?P<stop>\.)|{END})(?= (?:[A-Z]|and |& )|$)",
        _title,
        frozenset(TITLES),
    ),
    rule(
        "street",
        _first_letters(_places),
        rf"(?P<word>{_any(_places)})(?:\.|{END})",
        _street_or_name,
        frozenset(_places),
    ),
    rule(
        "numbered",
        _first_letters(NUMBERED),
        rf"(?P<word>{_any(NUMBERED)})\. ?(?P<first>{NUMBER})"
        rf"(?: ?{DASH} ?(?P<second>{NUMBER})|(?P<letter>[a-dA-D]))?{END}(?![.:/][0-9])",
        _numbered,
        NUMBERED,
    ),
    *(
        rule(
            "calendar",
            _first_letters(each),
            rf"(?P<first>{_any(each)})\.? ?{DASH} ?(?P<last>{_any(each)})(?:\.(?!$)|{END})",
            _from_to,
            frozenset(each),
        )
        for each in (WEEKDAYS, _MONTHS)
    ),
    rule(
        "calendar",
        _first_letters(_CALENDAR),
        rf"(?P<word>{_any(_CALENDAR)})(?:\.(?!\w)|(?=,? [0-9]{{1,2}} {_month})|(?=,? {_month}\.? [0-9]))",
        _calendar,
        frozenset(_CALENDAR),
    ),
    rule(
        "abbreviation",
        LETTERS,
        rf"(?P<word>{_any(_anycase)}|PhD|Ph\.D)\.(?![^\W_])",
        _abbreviation,
        _anycase | {"Ph.D"},
    ),
    rule(
        "initials",
        LETTERS,
        # As many as there are letters: each of a longer row would be looked at from each before it.
        r"[A-Z]\.(?:[A-Z]\.){1,25}(?![^\W_])|(?:[A-Z]\. ){2,3}(?=[A-Z][a-z])",
        _initials,
    ),
    rule(
        "abbreviation",
        _first_letters(_BARE),
        rf"(?P<word>{_any(_BARE)}){END}",
        _bare,
        frozenset(_BARE),
    ),
)
