"""The values that a text gives to names of secrets: `password=…`, `--token …`, `PASSWORD '…'`, `password is …` (pure).

Names are found by one linear pattern; what follows each is read from there, so that long texts take linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from opsconsole.lib.text.secret_blocks import block_of
from opsconsole.lib.text.secret_names import is_foreign, is_secret, is_secret_in_prose
from opsconsole.lib.text.secret_numbers import FILTERED
from opsconsole.lib.text.secret_shapes import CLOSING, NAMES, options
from opsconsole.lib.text.secret_source import is_placeholder, literal_of, within_literals

Span = tuple[int, int]

QUOTED = (
    r"\\{1,16}+\"[^\"\\\n]*\\{1,16}+\"|\\{1,16}+'[^'\\\n]*\\{1,16}+'"  # escaped quotes, also more than once: \"…\"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
)
# Of a text that was cut.
_UNENDED = r"\\{0,16}+\"(?:\\.|[^\"\\\n])*\Z|\\{0,16}+'(?:\\.|[^'\\\n])*\Z|\[[^\[\]\n]*\Z|\{[^{}\n]*\Z"
# Brackets hold a list of values. A comma or semicolon is part of the value unless the next name or sentence follows it.
VALUE = (
    rf"(?:{_UNENDED}|(?:{QUOTED}|\[[^\[\]\n]*\]|\([^()\n]*\)|\{{[^{{}}\n]*\}}"
    r"|[^\s,;&\"'{}\[\]<>]|[,;](?!\s|$|[\w.-]+\s*[=:]))++)"
)
_NAMES = re2.compile(rf"(?i:{NAMES})", options())
_LEFT = re.compile(r"(?a)[\w.-]*\Z")
_REST = re.compile(r"(?a)[\w-]{0,60}")
_LONGEST_LEFT = 60
# Names that are looked at: so many, and one more for so many characters. A text of names only would take ten times the
# time of another one; what follows is replaced unread.
_NAMES_AT_LEAST, _NAMES_EACH = 200, 64
# Characters after a name in which its sign and its value begin. Only a value that is a secret is read further, since
# nothing in it is read again.
_READ = 1000

_ASSIGNED = re.compile(rf"(?ai)({CLOSING})\s*(!?={{1,3}}>?|:(?!:)=?|%3[ad]|(?<=\s)->(?=\s))\s*({VALUE})")
_OPTION = re.compile(rf"(?ai)\s+(?!-)({VALUE})")
_PAIR = re.compile(rf"(?ai)\\{{0,16}}[\"']\s*,\s*[bru]?({QUOTED})")
_SQL = re.compile(r"(?ai)(?:\s+|\s*\(\s*)('[^'\n]*'|\"[^\"\n]*\")")
_ELEMENT = re.compile(r"(?:\s[^<>]{0,200})?>([^<\n]++)(?=</)")
_OPENING = re.compile(r"<(?:[\w-]{1,30}:)?\Z")
# `{"name": "password", "value": "…"}` and the same as attributes, elements and parts of forms.
_IS_NAME = re.compile(r"(?ai)(?:name|key|field|header|param|parameter|id)\\?[\"']?\s*[:=]\s*\\?[\"']\Z")
_HAS_VALUE = r"\b(?:value|val|content|input|default)\\?[\"']?\s*[:=]\s*"
_AFTER_NAME = re.compile(
    rf"(?ai)\\?[\"'](?:[^{{}}<>\n]{{0,200}}?{_HAS_VALUE}(?P<value>{VALUE})|[^<>\n]{{0,200}}>(?P<element>[^<\n]++)(?=</))"
)
_PART = re.compile(r"\\?[\"'](?:[^\r\n]{0,200}\r?\n(?:[^\r\n]+\r?\n){0,9}\r?\n|(?:\s|\\r|\\n)+)(?P<part>[^\r\n\\]+)")
_BEFORE_NAME = re.compile(rf"(?ai){_HAS_VALUE}({QUOTED}|[^\s,{{}}\"']+)\s*,[^{{}}\n]{{0,100}}\Z")
_SAID = re.compile(
    r"(?ai)(?:\s+(?:for|of)(?:\s+(?:the|user|account))?\s+\S{1,60})?"
    rf"\s+(?:is|was|are|were|(?:set|changed|reset|updated)\s+to)(?:\s+now)?:?\s+({VALUE})"
)
_TOLD = re.compile(
    rf"(?ai)(?:\s+(?:value|was|provided|given|supplied|used|received|sent|entered|specified|found)){{1,3}}\s*[:=]\s*({VALUE})"
)
_FOLLOWS = re.compile(rf"(?ai)\s+({VALUE})")
# What is said of a secret without telling it.
_STATE = re.compile(
    r"(?ai)(?:[a-z]{1,20}(?:ed|ing|able|ible|less|ent)|(?:in|un|non)?(?:valid|correct|safe|secure|known)|n[eo]w|old|too|not"
    r"|an?|the|it|its|in|on|at|as|for|from|of|to|by|with|only|never|always|already|being|your|this|that|there|also|still"
    r"|wrong|blank|null|none|nil|empty|weak|strong|short|long|set|unset|stale|unknown|mandatory|optional|necessary|public"
    r"|sensitive|secret|private|ok|okay|true|false|yes|no|over|under|less|more|at|equal|identical|same|very|currently"
    r"|probably|likely|then|when|where|what|how|and|or|but|like|longer|shorter|greater|up|out|off|sent|kept|reset|broken|lost|stolen|hidden|right|bad|good|fine|here|gone|all|just)"
    r"[\W_]*"
)
_NOT_GIVEN = re.compile(
    r"(?ai)(?:yes|no|true|false|none|null|nil|undefined|required|missing|(?:in)?valid|expired|incorrect|wrong|\*++)\W*"
)
# Addresses, mail and pointers follow a secret's name in prose, too.
_NO_SECRET = re.compile(r"(?ai)[a-z][a-z+.-]*://|/|[\w.+-]+@[\w-]+\.[\w.]++\W*\Z|0x[0-9a-f]+\W*\Z|[\w.]+\(")
# `at refreshToken (https://cdn.example/app.js:10:22)` and `unexpected token IDENT12345678` tell a place of the source.
_POSITION = re.compile(r"\(.*:[0-9]+\)")
_FRAME = re.compile(r"\bat\s+(?:async\s+|new\s+)?\Z")
_UNEXPECTED = re.compile(r"(?i)\bunexpected\s+\Z")
# "Wrong" and "required" of other alphabets follow a colon; passwords have ASCII characters.
_TOLD_IN_ASCII = re.compile(r"[0-9A-Za-z]")
_NUMBER = re.compile(r"[0-9.,]++\W*")
# Secrets of digits, which prose names without a sign: `otp 482913`; of a PIN only digits are a value.
_DIGITS = re.compile(r"[0-9]{3,9}\W*")
_OF_DIGITS = ("otp", "cvv", "cvc", "ssn", "code", "pin")
_LOGIN = re.compile(r"(?i)\b(?:user|username|login|email)\b")
# Words that stand for a key; a mnemonic has twelve or more.
_PHRASE = re.compile(r"(?ai)[a-z]+(?:[ ,]+[a-z]+){2,24}")
_PHRASES = ("mnemonic", "phrase")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d_]")
_PASSWORDS = ("password", "passwd", "pwd", "passphrase", "passwort")


def without_named(text: str, code: bool = False, literal: bool = False) -> str:
    """The text with `[Filtered]` in place of each value of a secret's name.

    In `code`, a line of source, only literals are values; in a `literal` of it what stands for a value stays.
    """
    if code:
        # First, since a literal that was replaced says nothing any more.
        text = within_literals(text, lambda literal: without_named(literal, literal=True))
    parts: list[str] = []
    done = 0
    most = _NAMES_AT_LEAST + len(text) // _NAMES_EACH
    for number, (begin, end) in enumerate(_names(text)):
        if begin < done:
            continue
        if number >= most:
            return "".join([*parts, text[done:begin], FILTERED])
        span = _value(text, begin, end, done, code)
        if span and not (literal and is_placeholder(text[slice(*span)])):
            parts += [text[done : span[0]], filtered(text[slice(*span)])]
            done = span[1]
    return "".join([*parts, text[done:]])


def filtered(value: str) -> str:
    """`[Filtered]` in the quotes of the value."""
    opening = re.match(r"\\{0,16}[\"'`]", value)
    if not opening:
        return FILTERED
    quote = opening.group()
    return f"{quote}{FILTERED}{quote if quote in value[len(quote) :] else ''}"


def _names(text: str) -> Iterator[Span]:
    """Where what may be a secret's name begins, and where that part of it ends."""
    # re2 cannot read lone surrogates.
    searched = text if text.isascii() else text.encode(errors="replace").decode()
    for match in _NAMES.finditer(searched):
        begin, end = match.span()
        yield begin + (not text[begin].isalnum()), end


def _value(text: str, begin: int, end: int, done: int, code: bool) -> Span | None:
    """The span of the value that is given to the name around `begin`, not before `done`; None where none is."""
    left = _LEFT.search(text[max(done, begin - _LONGEST_LEFT) : begin])
    start = begin - len(left.group()) if left else begin
    rest = _REST.match(text, end)
    end = rest.end() if rest else end
    name = text[start:end]
    if code:
        return literal_of(text, start, end, name)
    if text[end : end + 1].isspace() or text[end : end + 1] in {":", '"', "'"}:
        block = block_of(text, start, end)
        if block and is_secret(name):
            return block
    return (
        _beside(text, start, end, done, name)
        or _assigned(text, start, end, name)
        or _given(text, start, end, name)
        or _said(text, start, end, name)
    )


def _assigned(text: str, start: int, end: int, name: str) -> Span | None:
    match = _begin(_ASSIGNED, text, end)
    if not match:
        return None
    closing, sign, value = match.groups()
    if sign[0] in ":-" and not closing:
        secret = is_secret_in_prose(name) or _is_pin(name, value) or _is_login(text, start, name)
    else:
        secret = is_secret(name)
    # Before the value is read whole: of a text of such names each would be read to the end.
    if not secret or (sign == ":" and is_foreign(name) and not _TOLD_IN_ASCII.search(value)):
        return None
    span = _whole(match, 3)
    value = text[slice(*span)]
    if _NOT_GIVEN.fullmatch(value):
        return None
    if name.lower().endswith(_PHRASES) and (phrase := _PHRASE.match(text, span[0])):
        return phrase.span()
    counted = name.lower().endswith(("tokens", "pass", "sessions", "session")) and _NUMBER.fullmatch(value)
    return None if counted else span


def _begin(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """The match at this place of the text up to _READ characters further."""
    end = at + _READ
    # A value in quotes cannot end within an escape.
    return pattern.match(text, at, end) or (pattern.match(text, at, end + 1) if text[end - 1 : end] == "\\" else None)


def _whole(match: re.Match[str], group: int) -> Span:
    """The group's span in the whole text, where `_begin` saw a part of it."""
    whole = match.re.match(match.string, match.pos) if match.endpos < len(match.string) else None
    return (whole or match).span(group)


def _beside(text: str, start: int, end: int, done: int, name: str) -> Span | None:
    """The value in the object, element or part of a form that has the name as its `name`."""
    if text[end : end + 1] not in ("'", '"', "\\") or not _IS_NAME.search(text[max(0, start - 24) : start]):
        return None
    if not is_secret(name):
        return None
    part = _PART if "form-data" in text[max(0, start - 40) : start] else _AFTER_NAME
    match = part.match(text, end)
    if match and match.lastgroup:
        return match.span(match.lastgroup)
    first = max(done, start - 300)
    before = _BEFORE_NAME.search(text[first:start])
    return (first + before.start(1), first + before.end(1)) if before else None


def _given(text: str, start: int, end: int, name: str) -> Span | None:
    """The value after an option, in a pair, an element or a statement of SQL."""
    if text[start : start + 2] == "--":
        match = _begin(_OPTION, text, end) or _PAIR.match(text, end)
    elif _OPENING.search(text[max(0, start - 32) : start]):
        match = _ELEMENT.match(text, end)
    elif text[start - 1 : start] in ("'", '"'):
        match = _PAIR.match(text, end)
    else:
        match = _SQL.match(text, end) if name.lower().endswith(_PASSWORDS) else None
    return _whole(match, 1) if match and is_secret(name) else None


def _said(text: str, start: int, end: int, name: str) -> Span | None:
    """The value in prose: `the password for ada is …`, `password …`."""
    if not text[end : end + 1].isspace():
        return None
    said = _begin(_SAID, text, end) or _begin(_TOLD, text, end)
    if said:
        value = said.group(1)
        if _STATE.fullmatch(value) or _NO_SECRET.match(value):
            return None
        return _whole(said, 1) if _is_pin(name, value) or is_secret_in_prose(name) else None
    follows = _begin(_FOLLOWS, text, end)
    if not follows or not _is_telling(name.lower(), follows.group(1)) or _is_of_source(text, start, end):
        return None
    return _whole(follows, 1) if is_secret_in_prose(name) else None


def _is_telling(name: str, value: str) -> bool:
    """Whether a word that follows a secret's name is no prose."""
    if name.endswith(_OF_DIGITS) and _DIGITS.fullmatch(value):
        return True
    return _is_opaque(value, 6 if name.endswith(_PASSWORDS) else 12)


def _is_of_source(text: str, start: int, end: int) -> bool:
    """Whether a name is a function of a stack trace, or the token that a parser did not expect."""
    before = text[max(0, start - 30) : start]
    in_frame = _FRAME.search(before) and _POSITION.match(text, end + 1, end + _READ)
    return bool(in_frame or _UNEXPECTED.search(before))


def _is_pin(name: str, value: str) -> bool:
    return name.lower() == "pin" and len(value) > 3 and _DIGITS.fullmatch(value) is not None


def _is_login(text: str, start: int, name: str) -> bool:
    """Whether `pass: …` follows a user: alone it counts what passed."""
    return name.lower() == "pass" and _LOGIN.search(text[max(0, start - 60) : start]) is not None


def _is_opaque(value: str, least: int) -> bool:
    """Whether a word cannot be one of prose: it mixes letters and digits."""
    return (
        len(value) >= least
        and _DIGIT.search(value) is not None
        and _LETTER.search(value) is not None
        and not _NO_SECRET.match(value)
        and FILTERED not in value
    )
