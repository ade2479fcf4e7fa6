"""Finds secrets in text: card numbers, social security numbers, bearer tokens, API keys, `password=…` (pure).

`SUSPECT` is one linear-time pattern that matches wherever one of the exact patterns does. A whole event is searched
with it first (50 us for 30 KB), and only texts that match go through `scrub_text`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

import re2

FILTERED = "[Filtered]"

# Names that end so have a secret value; `beta_token_verifier: …` does not end so and stays readable.
_NAME = (
    r"password|passwd|passphrase|pwd|secret|secret[_-]?key|token|api[_-]?key|private[_-]?key|access[_-]?key"
    r"|credentials?|sessionid|csrf|xsrf|jwt|ssn|cvv|cvc"
)
_HEADER = r"authorization|proxy-authorization|set-cookie|cookie"
# Formats of keys: Stripe, OpenAI, GitHub, GitLab, Slack, AWS, Google, SendGrid, npm, Sentry; JSON web tokens.
_SHAPES = (
    r"(?:sk|pk|rk)_(?:live|test)_[0-9A-Za-z]{8,}"
    r"|sk-[0-9A-Za-z_-]{16,}"
    r"|gh[pousr]_[0-9A-Za-z]{16,}|github_pat_[0-9A-Za-z_]{16,}"
    r"|glpat-[0-9A-Za-z_-]{16,}"
    r"|xox[abeoprs]-[0-9A-Za-z-]{8,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|AIza[0-9A-Za-z_-]{30,}"
    r"|SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"
    r"|npm_[0-9A-Za-z]{20,}"
    r"|sntry[us]_[0-9A-Za-z_+/=-]{20,}"
    r"|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?"
)
_PEM = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
_CARD = r"(?:^|[^0-9A-Za-z])[0-9](?:[ -]?[0-9]){12}"
_SSN = r"[0-9]{3}-[0-9]{2}-[0-9]{4}"
_USERINFO = r"://[^\s/:@\x00]{0,200}:[^\s/@\x00]{1,200}@"

_options = re2.Options()
_options.log_errors = False
SUSPECT = re2.compile(
    rf"(?i:(?:{_NAME})[\"'\\]*\s*(?:=|:|,|%3d))"
    rf"|(?i:(?:<|--)(?:{_NAME})[\s>])"
    rf"|(?i:(?:{_HEADER})[\"'\\]*\s*[=:])"
    rf"|(?i:\b(?:bearer|basic)\s)"
    rf"|{_SHAPES}|{_PEM}|{_CARD}|{_SSN}|{_USERINFO}",
    _options,
)

_QUOTED = (
    r"\\\"[^\"\\\n]*\\\"|\\'[^'\\\n]*\\'"  # escaped quotes: \"…\"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
)
# A comma or semicolon is part of the value unless the next name or sentence follows it.
_VALUE = rf"(?:{_QUOTED}|(?:[^\s,;&\"'{{}}\[\]<>]|[,;](?!\s|$|[\w.-]+\s*[=:]))+)"
_NAMED = re.compile(rf"(?ai)((?:{_NAME})\\?[\"']?\s*(?:=>?|:|%3d)\s*)({_VALUE})")
# In source code only a literal is a secret: `token = request.headers[…]` stays readable.
_NAMED_LITERAL = re.compile(
    rf"(?ai)((?:{_NAME})[\"']?(?:\s*:\s*[a-z_][\w.\[\], |]*=|\s*[=:])\s*[bru]?)(\"[^\"\n]+\"|'[^'\n]+')"
)
_ELEMENT = re.compile(rf"(?ai)(<(?:{_NAME})>)([^<\n]+)(?=</)")
_OPTION = re.compile(rf"(?ai)(--(?:{_NAME})\s+)({_VALUE})")
_PAIR = re.compile(rf"(?ai)([\"'](?:{_NAME})[\"']\s*,\s*)({_QUOTED})")
_SCHEME_LITERAL = re.compile(r"(?ai)([\"'](?:bearer|basic)\s+)([0-9A-Za-z._~+/-]{8,}=*)")
_HEADERS = re.compile(rf"(?ai)(\b(?:{_HEADER})\\?[\"']?\s*[=:]\s*)({_QUOTED}|[^\r\n]+)")
_SCHEME = re.compile(r"(?ai)\b(bearer|basic)(\s+)([0-9A-Za-z._~+/-]{8,}=*)")
# re2 is linear; re would read a text of `-eyJ-eyJ…` to its end from each `-eyJ`.
_KEYS = re2.compile(rf"(^|[^0-9A-Za-z])(?:{_SHAPES})", _options)
_PRIVATE = re.compile(rf"{_PEM}.*?(?:-----END [A-Z ]{{0,30}}PRIVATE KEY-----|\Z)", re.DOTALL)
# A whole run of digit groups without backtracking; `_card` finds the cards in it in one pass.
_CARDS = re.compile(r"[0-9](?:[ -]?[0-9]){12,}+")
_SSNS = re.compile(rf"(?<![0-9A-Za-z-]){_SSN}(?![0-9A-Za-z-])")
_GROUP = re.compile(r"[0-9]+")
_USERINFOS = re.compile(r"(?a)(://[^\s/:@]{0,200}:)[^\s/@]{1,200}(@)")


def scrub_text(value: str, code: bool = False) -> str:
    """The text with each secret replaced by `[Filtered]`. In `code`, a line of source, only literals are replaced."""
    value = _PRIVATE.sub(FILTERED, value)
    if code:
        value = _NAMED_LITERAL.sub(rf'\1"{FILTERED}"', value)
        value = _SCHEME_LITERAL.sub(rf"\1{FILTERED}", value)
    else:
        value = _HEADERS.sub(_header, value)
        value = _SCHEME.sub(_scheme, value)
        for pattern in (_NAMED, _ELEMENT, _OPTION, _PAIR):
            value = pattern.sub(_named, value)
    value = _USERINFOS.sub(rf"\1{FILTERED}\2", value)
    value = _without_keys(value)
    value = _SSNS.sub(_ssn, value)
    return _CARDS.sub(_card, value)


def _without_keys(value: str) -> str:
    try:
        clean: str = _KEYS.sub(rf"\1{FILTERED}", value)
    except UnicodeEncodeError:  # a lone surrogate, which re2 cannot read
        clean = _KEYS.sub(rf"\1{FILTERED}", value.encode(errors="replace").decode())
    return clean


# For text that people write: names of secrets are allowed, values that look like one are not. No lookahead crosses a
# place where the next match may begin, so that files of megabytes take linear time.
_OWN_SHAPES = (
    (re.compile(_PEM), "a private key"),
    (_KEYS, "an API key or token"),
    (_USERINFOS, "a password in an address"),
    (re.compile(r"(?ai)\b(?:bearer|basic)\s+(?=[0-9A-Za-z._~+/-]*[0-9])[0-9A-Za-z._~+/-]{16,}=*"), "credentials"),
    (re.compile(rf"(?ai)(?:{_NAME})[\"']?\s*=\s*[\"']?[^\s\"'<>$\[\]{{}}]{{6}}"), "a value given to a secret's name"),
)
# Prose follows a colon too: only a word of letters and digits is a value there.
_AFTER_COLON = re.compile(rf"(?ai)(?:{_NAME})[\"']?\s*:\s*[\"']?([^\s\"'<>/]{{12}}[^\s\"']*)")
_MIXED = (re.compile(r"[0-9]"), re.compile(r"[A-Za-z]"))


def looks_secret(text: str) -> str | None:
    """What looks like a secret in a note, link or log, e.g. "a private key"; None if nothing does.

    It matches less than `scrub_text`, since its callers refuse the text: "token: rotated" is allowed.
    """
    if not SUSPECT.search(text):
        return None
    description = next((what for pattern, what in _OWN_SHAPES if pattern.search(text)), None)
    if description:
        return description
    if any(all(kind.search(value[1]) for kind in _MIXED) for value in _AFTER_COLON.finditer(text)):
        return "a value given to a secret's name"
    return "a card number" if _CARDS.sub(_card, text) != text else None


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits are a card number: an issuer's range and length and a correct Luhn check digit."""
    return _issued(digits) and _luhn(digits)


def _issued(digits: str) -> bool:
    size, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":  # Visa
        return size in {13, 16, 19}
    if two in {34, 37}:  # American Express
        return size == 15
    if two in {36, 38, 39} or 300 <= four // 10 <= 305:  # Diners
        return size in {14, 16}
    mastercard = 51 <= two <= 55 or 2221 <= four <= 2720
    others = four == 6011 or two in {62, 65} or 644 <= four // 10 <= 649 or 3528 <= four <= 3589
    return (mastercard and size == 16) or (others and 16 <= size <= 19)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


def _card(match: re.Match[str]) -> str:
    """Replace each sequence of whole digit groups that is a card number, as at the end of `12 4111 1111 1111 1111`.

    One pass: whether a group can begin a card is a table lookup, and check digits are differences of running sums.
    """
    text = match.group()
    if not _MAY_BEGIN.search(text):
        return text
    groups = [group.span() for group in _GROUP.finditer(text)]
    begins = list(accumulate((end - start for start, end in groups), initial=0))  # in digits, not characters
    digits = text.replace(" ", "").replace("-", "")
    closing = {at: end for at, (_, end) in zip(begins[1:], groups, strict=True)}
    if _is_letter(match.string[match.end() : match.end() + 1]):
        del closing[len(digits)]
    sums = _running_sums(digits)
    parts: list[str] = []
    done = 0  # characters
    for index, (at, (start, _)) in enumerate(zip(begins, groups, strict=False)):
        if start < done or (index == 0 and _BEFORE.search(match.string, max(0, match.start() - 2), match.start())):
            continue
        for size in _sizes(digits[at : at + 4]):
            end, own = closing.get(at + size), sums[(at + size) % 2]
            if end is not None and (own[at + size] - own[at]) % 10 == 0:
                parts += [text[done:start], FILTERED]
                done = end
                break
    return "".join([*parts, text[done:]])


# The first digits of card numbers.
_MAY_BEGIN = re.compile(r"(?<![0-9])[2-6]")
# A card number does not follow a letter, or a digit and a point (it would be a fraction).
_BEFORE = re.compile(r"[A-Za-z]$|[0-9]\.$")


def _is_letter(after: str) -> bool:
    """Whether the character after a number makes the number part of a word."""
    return after.isascii() and after.isalpha()


@lru_cache(maxsize=10_000)  # all there are
def _sizes(four: str) -> tuple[int, ...]:
    """The possible lengths of a card number that begins with these four digits, longest first."""
    return tuple(size for size in range(19, 12, -1) if len(four) == 4 and _issued(four.ljust(size, "0")))


def _running_sums(digits: str) -> tuple[list[int], list[int]]:
    """Luhn sums up to each digit, for numbers that end before an even index and before an odd one."""
    plain = digits.encode().translate(_PLAIN)
    doubled = plain.translate(_DOUBLED)
    odd, even = bytearray(plain), bytearray(plain)
    odd[1::2], even[::2] = doubled[1::2], doubled[::2]
    return list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))


_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(bytes(range(10)), bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def _ssn(match: re.Match[str]) -> str:
    area, group, serial = match.group().split("-")
    used = area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"
    return FILTERED if used else match.group()


def _named(match: re.Match[str]) -> str:
    return match.group(1) + _quoted(match.group(2))


def _header(match: re.Match[str]) -> str:
    return match.group(1) + _quoted(match.group(2))


def _quoted(value: str) -> str:
    """`[Filtered]` in the quotes of the value."""
    opening = re.match(r"\\?[\"']", value)
    return f"{opening.group()}{FILTERED}{value[-1]}" if opening else FILTERED


def _scheme(match: re.Match[str]) -> str:
    scheme, blank, value = match.groups()
    # "basic understanding" is prose; credentials have digits or padding, or are long.
    secret = len(value) >= 24 or any(letter.isdigit() or letter == "=" for letter in value)
    return f"{scheme}{blank}{FILTERED}" if secret else match.group()
