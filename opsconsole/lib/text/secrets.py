"""Removes secrets from texts: values of secrets' names, keys and tokens, credentials, card numbers, IBANs (pure).

`secret_shapes.SUSPECT` tells quickly whether a text can have one; only such texts go through `scrub_text`.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64

import re2

from opsconsole.lib.text.secret_commands import without_command_passwords
from opsconsole.lib.text.secret_keys import SHAPES, WHOLE_SHAPES
from opsconsole.lib.text.secret_names import is_secret
from opsconsole.lib.text.secret_numbers import FILTERED, without_cards, without_numbers
from opsconsole.lib.text.secret_paths import without_path_tokens
from opsconsole.lib.text.secret_shapes import HEADER, HOOKS, PEM, SUSPECT, options
from opsconsole.lib.text.secret_values import QUOTED, filtered, without_named

# In source `"Authorization: …"`, unless a part of it stands for the value.
_HEADER_LITERAL = re.compile(rf"(?ai)([\"'`](?:{HEADER})\s*[=:]\s*)([^\"'`{{}}$%\n]{{1,1000}})(?=[\"'`])")
_SCHEME_LITERAL = re.compile(r"(?ai)([\"'](?:bearer|basic)\s+)([0-9A-Za-z._~+/-]{8,}=*)")
_HEADERS = re.compile(rf"(?ai)(\b(?:{HEADER})\\?[\"']?\s*[=:]\s*)({QUOTED}|[^\r\n]+)")
_SCHEME = re.compile(r"(?ai)\b(bearer|basic)(\s++)(?![a-z_]{1,40}=[0-9A-Za-z\"'])([0-9A-Za-z._~+/-]{4,}=*)")
# re2 is linear; re would read a text of `-eyJ-eyJ…` to its end from each `-eyJ`.
_KEYS = re2.compile(rf"(^|[^0-9A-Za-z])(?:{SHAPES})|(^|[\s\"'=,(\[{{])(?:{WHOLE_SHAPES})\b", options())
_HOOKS = re.compile(rf"(?ai)({HOOKS}/?)([^\s\"'<>\\?#]{{8,}})")
_PRIVATE = re.compile(rf"{PEM}.*?(?:-----END [A-Z ]{{0,30}}PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL)
# A password may have an `@` or a slash; a port and a path with an `@`, such as `:3000/@vite`, are no password.
_USERINFOS = re.compile(
    r"(?a)(://[^\s/:@]{0,200}:)(?:[^\s/@]{1,200}@(?:[^\s/@\"'<>,;&?#=]{1,100}@)*"
    r"|(?![0-9]{1,5}/)[^\s@\"'<>?#(){}\[\]]{1,200}(?<!/)@)"
)
_ORACLE = re.compile(
    r"(?ai)(\b(?:jdbc:oracle:[a-z0-9]{1,10}:|sqlplus\s+(?:-\S{1,20}\s+){0,4})[\"']?[^\s/@\"']{1,100}/)[^\s@\"']{1,200}"
)
_IDENTIFIED = re.compile(rf"(?ai)(\bidentified\s+(?:with\s+\S{{1,60}}\s+)?(?:by|as)\s+(?:password\s+)?)({QUOTED})")
# Up to two functions in each other; what is nested deeper ends the row.
_PIECE = r"'(?:[^']|'')*'|[^()']"
_CALL = rf"\((?:{_PIECE}|\((?:{_PIECE})*+\))*+\)"
_ROW = rf"\s*\((?:{_PIECE}|{_CALL})*+(?:\)|'(?:[^']|'')*+\Z)?"
_INSERT = re.compile(rf"(?ai)(\binsert\s+into\s+[^\s(]+\s*\(([^()]{{1,2000}})\)\s*values)({_ROW}(?:\s*,{_ROW})*)")
_LITERAL = re.compile(r"'(?:[^']|'')*(?:'|\Z)")
# A literal that was cut: a mark, or the next statement in it.
_CUT = re.compile(r"(?ai)…|\.\.\.|\binsert\s+into\s")
# The detail of PostgreSQL's errors: `Key (user_id, token)=(7, …) already exists.`
_NESTED = r"(?:[^()\n]|\([^()\n]*\))"
_DETAIL = re.compile(rf"(\(({_NESTED}++)\)=\(){_NESTED}++")
# requests' and httpx's `auth=("user", "password")`.
_AUTH_PAIR = re.compile(rf"(?ai)(\b(?:auth|credentials|creds)\s*+(?:[=:]\s*+)?\(\s*)(?:{QUOTED})\s*,\s*(?:{QUOTED})")
# Parameters of addresses that are secrets there only; `code` also is the code of an error.
_PARAMETER = re.compile(
    r"(?ai)((?:^|[?&])(code|key|ticket|samlresponse|assertion)=)((?:\[Filtered\]|[^&\s#\"'<>\[\]])+)"
)
_PADDED = re.compile(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{10,400}={1,2}(?![0-9A-Za-z+/=\[])")
# Characters that hide a name from patterns: soft hyphen, zero-width ones; full-width forms of ASCII.
_FOLDED = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\uff01-\uff5e]")
# Of other than control characters and surrogates; also where JSON stands in JSON.
_ESCAPED = re.compile(r"\\{1,8}u(?!00[01]|[dD][89A-Fa-f])([0-9A-Fa-f]{4})")
_FOLDS = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)) | {n: n - 0xFEE0 for n in range(0xFF01, 0xFF5F)}
_LONGEST = 64 * 1024  # characters of an entry of a log
_CREDENTIALS = re.compile(rb"[\x21-\x39\x3b-\x7e]{1,100}:[\x20-\x7e]{1,200}")


def folded(text: str) -> str:
    """The text without invisible characters, with JSON's escapes read, and full-width letters as ASCII."""
    if "\\u" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
    return text if text.isascii() or not _FOLDED.search(text) else text.translate(_FOLDS)


def scrub_text(value: str, code: bool = False) -> str:
    """The text with each secret replaced by `[Filtered]`. In `code`, a line of source, only literals are replaced."""
    value = _scrubbed(value, code)
    plain = folded(value)
    if plain == value:
        return value
    clean = _scrubbed(plain, code)
    return value if clean == plain else clean


def _scrubbed(value: str, code: bool) -> str:
    if "-----BEGIN" in value:
        value = _PRIVATE.sub(FILTERED, value)
    value = _without_credentials(without_numbers(value), code)
    value = without_named(value, code)
    if "/" in value and not code:
        value = without_path_tokens(value)
    if "://" in value:
        value = _USERINFOS.sub(rf"\1{FILTERED}@", value)
    if "racle:" in value or "sqlplus" in value:
        value = _ORACLE.sub(rf"\1{FILTERED}", value)
    return _without_keys(value)


def scrub_lines(text: str) -> str:
    """As `scrub_text`, of a text whose indented lines are source, such as a traceback; cut at _LONGEST with a mark."""
    if len(text) > _LONGEST:
        kept = text[:_LONGEST].rstrip("0123456789 -")  # half a card number is not recognised
        text = f"{kept}… {len(text) - len(kept)} more characters"
    if not _may_have(text):
        return text
    text = _PRIVATE.sub(FILTERED, text)
    return "\n".join(scrub_text(line, code=line.startswith("    ")) for line in text.split("\n"))


def _may_have(text: str) -> bool:
    return SUSPECT.search(folded(text).encode(errors="replace")) is not None


def _without_credentials(value: str, code: bool) -> str:
    """Without what a header, a command, a statement of SQL or an address gives to log in with."""
    lower = value.lower()
    if code:
        value = _HEADER_LITERAL.sub(rf"\1{FILTERED}", _SCHEME_LITERAL.sub(rf"\1{FILTERED}", value))
    else:
        if "authorization" in lower or "cookie" in lower:
            value = _HEADERS.sub(lambda match: match.group(1) + filtered(match.group(2)), value)
        if "bearer" in lower or "basic" in lower:
            value = _SCHEME.sub(_scheme, value)
        if "insert" in lower:
            value = _without_inserts(value)
        if "=" in value:
            value = _PADDED.sub(_padded, _PARAMETER.sub(_parameter, value))
    if ")=(" in value:
        value = _DETAIL.sub(_detail, value)
    if "auth" in lower or "cred" in lower:
        value = _AUTH_PAIR.sub(rf"\1{FILTERED}", value)
    if "identified" in lower:
        value = _IDENTIFIED.sub(lambda match: match.group(1) + filtered(match.group(2)), value)
    return without_command_passwords(value) if "-" in value else value


def _without_keys(value: str) -> str:
    value = _HOOKS.sub(rf"\1{FILTERED}", value) if "." in value else value
    try:
        clean: str = _KEYS.sub(rf"\1\2{FILTERED}", value)
    except UnicodeEncodeError:  # a lone surrogate, which re2 cannot read
        clean = _KEYS.sub(rf"\1\2{FILTERED}", value.encode(errors="replace").decode())
    return clean


def _scheme(match: re.Match[str]) -> str:
    scheme, blank, value = match.groups()
    # "basic understanding" is prose; credentials have digits or padding, are long, or decode to a user and a password.
    mixed = len(value) >= 8 and any(letter.isdigit() or letter == "=" for letter in value)
    secret = len(value) >= 24 or mixed or _is_credentials(value)
    return f"{scheme}{blank}{FILTERED}" if secret else match.group()


def _padded(match: re.Match[str]) -> str:
    return FILTERED if _is_credentials(match.group()) else match.group()


def _is_credentials(value: str) -> bool:
    """Whether a text is base64 of `user:password`."""
    bare = value.rstrip("=")
    try:
        return _CREDENTIALS.fullmatch(b64decode(bare + "=" * (-len(bare) % 4), validate=True)) is not None
    except NotBase64:
        return False


def _without_inserts(text: str) -> str:
    """The text; where a statement inserts a secret, without its literals, and without all that follows a cut one."""
    parts: list[str] = []
    done = 0
    for match in _INSERT.finditer(text):
        _, columns, values = match.groups()
        if not any(is_secret(column) for column in columns.split(",")):
            continue
        begin = match.start(3)
        if _CUT.search(values):
            # What is inside of a literal and what is outside cannot be told any more.
            return "".join([*parts, text[done:begin], f" {FILTERED}"])
        parts += [text[done:begin], _LITERAL.sub(f"'{FILTERED}'", values)]
        done = match.end()
    return "".join([*parts, text[done:]])


def _detail(match: re.Match[str]) -> str:
    beginning, columns = match.groups()
    secret = any(is_secret(column) for column in columns.split(","))
    return beginning + FILTERED if secret else match.group()


def _parameter(match: re.Match[str]) -> str:
    beginning, name, value = match.groups()
    return beginning + FILTERED if is_secret_parameter(name, value) else match.group()


def is_secret_parameter(name: str, value: str) -> bool:
    """Whether a parameter of an address is a secret: an OAuth code is, the code of an error or an article is not."""
    if FILTERED in value:
        return False
    if value.isdigit():
        return name.lower() == "code" and 6 <= len(value) <= 8
    mixed = value != value.upper() and (any(map(str.isdigit, value)) or value != value.lower())
    if name.lower() == "code":
        return mixed and len(value) >= 6
    return mixed and len(value) >= 20 and value != value.lower()


# For text that people write: names of secrets are allowed, values that look like one are not. No lookahead crosses a
# place where the next match may begin, so that files of megabytes take linear time.
_PROSE_NAME = (
    r"(?:password|passwd|passphrase|pwd|secret|secret[_-]?key|token|api[_-]?key|private[_-]?key|access[_-]?key"
    r"|credentials?|sessionid|csrf|xsrf|jwt|ssn|cvv|cvc)"
)
_OWN_SHAPES = (
    (re.compile(PEM), "a private key"),
    (_KEYS, "an API key or token"),
    (_HOOKS, "an address that is a key"),
    (_USERINFOS, "a password in an address"),
    (re.compile(r"(?ai)\b(?:bearer|basic)\s+(?=[0-9A-Za-z._~+/-]*[0-9])[0-9A-Za-z._~+/-]{16,}=*"), "credentials"),
    (re.compile(rf"(?ai){_PROSE_NAME}[\"']?\s*=\s*[\"']?[^\s\"'<>$\[\]{{}}]{{6}}"), "a value given to a secret's name"),
)
# Prose follows a colon too: only a word of letters and digits is a value there.
_AFTER_COLON = re.compile(rf"(?ai){_PROSE_NAME}[\"']?\s*:\s*[\"']?([^\s\"'<>/]{{12}}[^\s\"']*)")
_MIXED = (re.compile(r"[0-9]"), re.compile(r"[A-Za-z]"))


def looks_secret(text: str) -> str | None:
    """What looks like a secret in a note, link or log, e.g. "a private key"; None if nothing does.

    It matches less than `scrub_text`, since its callers refuse the text: "token: rotated" is allowed.
    """
    if not _may_have(text):
        return None
    description = next((what for pattern, what in _OWN_SHAPES if pattern.search(text)), None)
    if description:
        return description
    if any(all(kind.search(value[1]) for kind in _MIXED) for value in _AFTER_COLON.finditer(text)):
        return "a value given to a secret's name"
    if without_command_passwords(text) != text:
        return "a password in a command"
    return "a card number" if without_cards(text) != text else None
