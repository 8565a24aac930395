"""Words whose full stop may not end a sentence, and words that begin one. Casefolded but where stated.

Written for this project from style guides and common use. English is covered; of German, French, Spanish
and Italian there are the titles and abbreviations of everyday text.
"""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _beginnings(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word[:end] for word in words for end in range(1, len(word) + 1))


TITLES = _words("""
mr mrs ms mx messrs mmes dr drs prof profs gen lt col maj capt cpt cmdr cdr sgt cpl pvt adm sen sens
rep reps
gov pres supt hon rev fr msgr insp det ald amb atty
mme mlle mgr hrn frl dipl ing
sr sra srta sres lic dra ud uds arq
dhr mevr mw fa
sig sigg dott dott.ssa avv geom rag
डॉ प्रो श्री पं ดร นพ พญ ศ รศ ผศ
""")
"""Before a name: never at the end of a sentence while text follows. Example: Dr."""

PREFIXES = _words("""
vs cf viz ca resp e.g i.e a.k.a n.b p.s q.v
bzw vgl inkl exkl einschl zzgl bspw sog evtl ggf zb dh d.h u.a z.b z.t u.u i.d.r s.o s.u
p.ex c.-à-d p.ej
""")
"""Always followed by what they speak of. Example: e.g."""

NUMBERED = _words("""
no nos nr nrs n° nº núm num art arts pp pg pgs vol vols ch chap chaps sec secs sect fig figs eq eqs ex
exs ver
vers para paras par app pt pts ep op cit tel ext apt ste rm bldg max min abs bd kap tab abb str ll ff
""")
"""Abbreviations where a number follows, and words of their own elsewhere. Example: pp. 55, No. 5."""

CAPITALISED = _words("""
Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun
Ala Ariz Ark Calif Colo Conn Del Fla Ind Kan Mass Mich Minn Mont Nebr Nev Okla Ore Penn Penna Tenn Tex
Wash Wis
""")
"""Abbreviations only with this capital, since the same letters in small are words. Example: Sun."""

ABBREVIATIONS = _words("""
co cos corp inc ltd llc llp plc bros assn assoc dept depts univ inst div estab intl natl govt mfg
jr sr esq phd md etc al seq ibid approx appt appts avg misc
st mt ft ave av blvd rd hwy rte ln ct sq pkwy expy tpk mts ctr
oz lb lbs yd yds mph kg km cm mm hr hrs mins doz qt gal pkg wk wks yr yrs mo mos
eds edn trans illus suppl publ incl excl orig anon cont contd abbr
usw usf etw mio mrd jh jhd std hrsg geb gest verh gegr gmbh
cie sté boul ecc pag pagg cap aprox depto avda prov
b.sc m.sc ph.d a.m p.m
""")
"""Abbreviations that can end a sentence, when the next word begins one. Example: Co."""

MERIDIEMS = _words("a.m p.m")
"""Halves of the day."""

TIME_ZONES = _words("ET EST EDT CT CST CDT MT MST MDT PT PST PDT GMT UTC BST CET CEST IST JST")
"""In capitals, after a time: 7:30 p.m. ET."""

TIME_ZONE_BEGINNINGS = _beginnings(TIME_ZONES)
"""Everything that may yet become one of them."""

COMPANIES = _words("co cos corp inc ltd llc llp plc bros gmbh cie")
"""Abbreviations at the end of a company's name."""

LAST_WORDS = _words("etc usw etw ecc")
"""Abbreviations that end a sentence before any capital."""

STARTERS = _words("""
the a an this that these those it he she we they you i there here what why how who whom whose where
when which
in on at by for from with to as but and or so yet nor if because since although though while until
unless after
before during despite through throughout under over about without within among between against
is are was were do does did can could will would shall should may might must has have had am
my your his her its our their no not yes please let then also now some many most more all both each
every any
another other one several few such
next finally first second third last later meanwhile however therefore moreover furthermore
nevertheless instead
even only just well oh ok okay thanks perhaps maybe still once again today yesterday tomorrow
mr mrs ms dr prof
""")
"""Words that begin a sentence when they are capitalised after an abbreviation or an initial."""

STARTER_BEGINNINGS = _beginnings(STARTERS)
"""Everything that may yet become a starter."""

SHOUTED_STARTERS = _words("""
i you he she it we they the this these those there here what why how please let then next now so but
yes no ok okay thanks
""")
"""Of them, those that seldom go on with a sentence: all there is to tell by where all is in capitals."""

SHOUTED_STARTER_BEGINNINGS = _beginnings(SHOUTED_STARTERS)
"""Everything that may yet become one of these."""

CLINGING = _words("""
a an the this these those my your his its our their some any no every each
of to in on at by for from with as into onto upon over under about between through without within
and or but nor if than that which who whose because while
is are was were be been very so too quite not
am do does did can could will would shall should may might must has have had
""")
"""Words after which a cut sounds wrong, because they lean on the next one."""

FRONTING = _words("at by in on from since until till before after around about")
"""Words that open an adverbial of time before its clause: At 5 a.m. Mr. Smith went to the bank."""

CHAT = _words("brb lol rofl lmk ttyl hmm mhm pls plz thx tnx ty np nvm btw jk bf gf fr sry ppl pm dm ngl smh")
"""Words of chat without a vowel, which end a sentence as other words do."""

EXCLAIMED_NAMES = _words("yahoo jeopardy yum kahoot joomla wham")
"""Names that are written with an exclamation mark."""

GERMAN_MONTHS = _words("""
januar jänner februar märz april mai juni juli august september oktober november dezember
""")
"""After a number with a full stop, which is then an ordinal: 12. Juni."""

BEFORE_GERMAN_DATES = _words("am vom zum der den dem des bis ab seit und oder im nach vor")
"""Words before a date, without which a number with a full stop is no ordinal where no language is given."""

GERMAN_MONTH_BEGINNINGS = _beginnings(GERMAN_MONTHS)
"""Everything that may yet become a German month."""

ORDINAL_LANGUAGES = _words("de da nb nn no fi is et lv cs sk pl hu hr sr bs sl tr")
"""Languages that write ordinals with a full stop."""
