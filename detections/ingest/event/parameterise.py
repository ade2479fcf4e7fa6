"""Replaces the variable parts of messages, so that equal faults have equal texts (pure).

Each alternative takes a token whole: it begins where no letter, digit or `_` stands before, ends where none follows,
and gives nothing back of what it has read (possessive). So `12ms` is one parameter, `user_17` is none, and no part of
either is. What is put in for a parameter reads as part of a word, too: replacing twice changes nothing more.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Characters of a message by which it is grouped.
MAX_TEXT = 500
LINES = 2

_KINDS = ("number", "date", "bool", "ip", "mac", "version", "duration", "hex", "uuid", "id", "email", "url", "quoted")
_PLACEHOLDER = rf"<(?:{'|'.join(_KINDS)})>"
# One for each length, since what is looked back at has a fixed one.
_NOT_AFTER = "".join(
    rf"(?<!<(?:{'|'.join(kind for kind in _KINDS if len(kind) == length)})>)" for length in sorted({*map(len, _KINDS)})
)
# Scripts that write a number next to words without a space: Thai, Lao, Burmese, Khmer, Kana, Han, Hangul.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_MONTH = (
    r"(?:Jan(?:uary)?+|Feb(?:ruary)?+|Mar(?:ch)?+|Apr(?:il)?+|May|June?+|July?+|Aug(?:ust)?+|Sept?+(?:ember)?+|"
    r"Oct(?:ober)?+|Nov(?:ember)?+|Dec(?:ember)?+)\.?+"
)
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:(?:s|nes|rs|ur)?+day)?+,?+[ ]++)"
_ZONE = (
    r"(?:[ ]?+(?:Z(?!\w)|[+-][0-9]{2}:?+[0-9]{2}(?![0-9])|"
    r"(?:UTC|GMT|[PMCE][SD]T|CES?T|BST)(?:[+-][0-9]{1,4}+)?+(?!\w)))"
)
_CLOCK = rf"(?:[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,:][0-9]++)?+)?+(?:[ ]?+[AaPp][Mm](?!\w))?+{_ZONE}?+)"
_YEAR = r"[0-9]{4}(?![0-9:])"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HEXTETS = r"[0-9a-fA-F]{1,4}+(?::[0-9a-fA-F]{1,4}+){0,6}+"
# Of Latin and Cyrillic script (ns, ms, s, min, h, bytes, pieces).
_UNIT = (
    r"(?:[nuµμm]?s|secs?|m|mins?|hrs?|h|d|w|y|[kKMGTP]?i?[Bb](?:ps|/s)?|[kKMGT]i?|[kMG]?Hz|px|r?em|pt|rpm|[xX]|"
    r"st|nd|rd|th|%|"
    r"[\u043d\u043c]?\u0441|\u043c\u043a\u0441|\u0441\u0435\u043a|\u043c\u0438\u043d|\u0447|[\u041a\u041c\u0413\u0422]?\u0411|\u0448\u0442)"
)
_UNIT_WORD = (
    r"(?:[num]s|µs|μs|[kKMGT]i?B|%|bytes?|(?:nano|micro|milli)?seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|"
    r"months?|years?)"
)
# Of prose: double and single curly quotes, guillemets.
_CURLY = r"\u201c[^\u201d\n]*+\u201d|\u2018[^\u2019\n]*+\u2019|\xab[^\xbb\n]*+\xbb"
# Words behind which a quoted text is a name in the source code or the database, which tells faults apart.
_NAMING = (
    *("reading", "setting", "evaluating", "calling", "property", "attribute", "method", "function", "module"),
    *("module named", "import name", "argument", "variable", "constant", "column", "relation", "constraint"),
    *("table", "Table", "field", "array key", "invoke"),
)
_NOT_NAMED = "".join(rf"(?<!{word.replace(' ', '[ ]')}[ ])" for word in _NAMING)
# React numbers its faults where a bundle leaves their texts out (Svelte's have an address): no parameters.
_DIGITS = r"\d(?<!React[ ]error[ ]\#\d)\d*+(?:[.,_\u066b\u066c]\d++)*+(?:[eE][-+]?+[0-9]++(?![.\w]))?+"

_PATTERN = re.compile(
    rf"""
    (?<!\w){_NOT_AFTER}(?:
    (?P<url>[A-Za-z][A-Za-z0-9+.-]{{1,15}}+://(?!svelte\.dev/e/)(?:\[[^\]\s]*+\])?+[^\s'"<>)\]]++)
    | (?P<email>[A-Za-z0-9._%+-]++@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++)
    | (?P<uuid>[0-9a-fA-F]{{8}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{12}})
    | (?P<date>
        [0-9]{{4}}(?P<sep>[-/.])[0-9]{{2}}(?P=sep)[0-9]{{2}}(?:(?:[Tt_]|,?+[ ]++){_CLOCK})?+
        | [0-9]{{1,2}}(?P<sep2>[-/.])[0-9]{{1,2}}(?P=sep2)[0-9]{{4}}(?:,?+[ ]++{_CLOCK})?+
        | [0-9]{{4}}-W[0-9]{{2}}(?:-[1-7])?+
        | [0-9]{{8}}T[0-9]{{4,6}}+(?:[.,][0-9]++)?+{_ZONE}?+
        | {_DAY}?+{_MONTH}[ ]++[0-9]{{1,2}}+(?:,?+[ ]++{_YEAR})?+(?:,?+[ ]++{_CLOCK})?+(?:[ ]++{_YEAR})?+
            (?:[ ]\([A-Z][A-Za-z ]{{1,40}}+\))?+
        | {_DAY}?+[0-9]{{1,2}}+[-/ ]{_MONTH}[-/ ][0-9]{{2,4}}+(?:(?::|,?+[ ]++){_CLOCK})?+
        | datetime\.(?:datetime|date|time|timedelta)\((?>[^()]++|\([^()]*+\))*+\)
        | {_CLOCK}
      )
    | (?P<mac>(?:[0-9a-fA-F]{{2}}[:-]){{5}}[0-9a-fA-F]{{2}}(?![:-]?[0-9a-fA-F]))
    | (?P<ip>
        {_OCTET}(?:\.{_OCTET}){{3}}(?!\.?[0-9])(?:/[0-9]{{1,2}}+)?+
        | (?:[0-9a-fA-F]{{1,4}}+:){{4,7}}[0-9a-fA-F]{{1,4}}+(?:%\w++)?+(?:/[0-9]{{1,3}}+)?+
        | (?=[a-fA-F:]*+[0-9])(?:{_HEXTETS})?+::(?:{_HEXTETS})?+(?:%\w++)?+(?:/[0-9]{{1,3}}+)?+
      )
    | (?P<version>
        v[0-9]++(?:\.[0-9]++)++(?:[-.+]?+(?:[A-Za-z]++[-.+]?+)?+[0-9A-Fa-f]++)*+
        | [0-9]++(?:\.[0-9]++){{2,}}+(?:[-.+]?+(?:[A-Za-z]++[-.+]?+)?+[0-9]++)*+(?:[-.+][A-Za-z0-9]++)*+
      )
    | (?P<duration>P(?=[0-9T])(?:[0-9]++[YMWD])*+(?:T(?:[0-9]++(?:\.[0-9]++)?+[HMS])++)?+)
    | (?P<hex>0[xX][0-9a-fA-F]++|(?=[a-fA-F]*+[0-9])(?=[0-9]*+[a-fA-F])[0-9a-fA-F]{{7,}}+)
    | (?P<id>\#(?:PID|Reference|Port)<[0-9.]++>
        |(?:[a-z]{{2,6}}+_)?+(?=[A-Za-z]*+[0-9]++[A-Za-z]++[0-9])[A-Za-z0-9]{{14,}}+)
    | (?P<number>
        [-+]?+(?:{_DIGITS}(?:[ ]{_UNIT_WORD}(?!\w)|{_UNIT}(?!\w)|[x\xd7][0-9]++|(?:{_UNIT}{_DIGITS})++{_UNIT})?+
            |\.[0-9]++))
    | (?P<bool>True|False|true|false|TRUE|FALSE)
    | (?P<quoted>(?=[bBuUrRfF'"\u201c\u2018\xab]){_NOT_NAMED}
        [bBuUrRfF]{{0,2}}+(?:'(?>[^'\\\n]++|\\.)*+'|"(?>[^"\\\n]++|\\.)*+")|{_CURLY})
    )(?!\w)(?!{_PLACEHOLDER})
    """.replace(r"(?<!\w)", rf"(?<![^\W{_UNSPACED}])").replace(r"(?!\w)", rf"(?![^\W{_UNSPACED}])"),
    re.VERBOSE,
)


@lru_cache(maxsize=2048)
def parameterise(message: str) -> str:
    """`User 42 of 10.0.0.7 failed` -> `User <number> of <ip> failed`.

    Of the first LINES lines that are not empty, joined by a space, MAX_TEXT characters are read.
    """
    lines = (line for each in message.split("\n") if (line := " ".join(each.split())))
    first = " ".join(line for line, _ in zip(lines, range(LINES), strict=False))[:MAX_TEXT]
    return _PATTERN.sub(lambda match: f"<{match.lastgroup}>", first)
