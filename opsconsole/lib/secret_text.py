"""Secrets inside text: card numbers, social security numbers, bearer tokens, API keys, `password=…` (pure).

`SUSPECT` is one linear-time pattern that matches wherever one of the exact patterns would; a whole event is searched
with it at once (50 us for 30 KB), and only texts it hits are looked at closely by `scrub_text`.
"""

from __future__ import annotations

import re
from itertools import accumulate, islice
from typing import Final

import re2

FILTERED = "[Filtered]"
# Runs of digits in one note or file that are looked at closely, some 0.2 ms each: a table of numbers has thousands.
MOST_RUNS: Final = 4000

# Names whose value in running text is secret; the name must end so: `beta_token_verifier: …` stays readable.
_NAME = (
    r"password|passwd|passphrase|pwd|secret|secret[_-]?key|token|api[_-]?key|private[_-]?key|access[_-]?key"
    r"|credentials?|sessionid|csrf|xsrf|jwt|ssn|cvv|cvc"
)
_HEADER = r"authorization|proxy-authorization|set-cookie|cookie"
# Well-known shapes of keys: Stripe, OpenAI, GitHub, GitLab, Slack, AWS, Google, SendGrid, npm, Sentry.
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
)
# JSON web tokens, from behind their beginning on.
_JWT_REST = r"[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?"
_PEM = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
_CARD = r"(?:^|[^0-9A-Za-z])[0-9](?:[ -]?[0-9]){12}"
_DIGITS = r"[0-9](?:[ -]?[0-9]){12,80}"
_SSN = r"[0-9]{3}-[0-9]{2}-[0-9]{4}"
_USERINFO = r"://[^\s/:@\x00]{0,200}:[^\s/@\x00]{1,200}@"

_options = re2.Options()
_options.log_errors = False
SUSPECT = re2.compile(
    rf"(?i:(?:{_NAME})[\"'\\]*\s*(?:=|:|,|%3d))"
    rf"|(?i:(?:<|--)(?:{_NAME})[\s>])"
    rf"|(?i:(?:{_HEADER})[\"'\\]*\s*[=:])"
    rf"|(?i:\b(?:bearer|basic)\s)"
    rf"|{_SHAPES}|eyJ{_JWT_REST}|{_PEM}|{_CARD}|{_SSN}|{_USERINFO}",
    _options,
)

_QUOTED = (
    r"\\\"[^\"\\\n]*\\\"|\\'[^'\\\n]*\\'"  # quotes inside quotes: \"…\"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
)
# A comma or semicolon belongs to the value unless something follows that reads like the next name or sentence.
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
_KEYS = re.compile(rf"(?<![0-9A-Za-z])(?:{_SHAPES})")
# The whole word first, then where the token begins in it: from each `eyJ` of a long word its end would be looked for.
_JWT_WORD = re.compile(rf"(?<![0-9A-Za-z_-]){_JWT_REST}")
_JWT_START = re.compile(r"(?<![0-9A-Za-z])eyJ(?=[0-9A-Za-z_-]{8})")
_PRIVATE = re.compile(rf"{_PEM}.*?(?:-----END [A-Z ]{{0,30}}PRIVATE KEY-----|\Z)", re.DOTALL)
_CARDS = re.compile(rf"(?<![0-9A-Za-z])(?<![0-9]\.){_DIGITS}(?![0-9A-Za-z])")
_SSNS = re.compile(rf"(?<![0-9A-Za-z-]){_SSN}(?![0-9A-Za-z-])")
_GROUP = re.compile(r"[0-9]+")
_NO_SEPARATORS = str.maketrans("", "", " -")
# By its first digit, how long a card's number may be, the longest first (`_issued` tells exactly).
_SIZES: Final = {"2": (16,), "3": (19, 18, 17, 16, 15, 14), "4": (19, 16, 13), "5": (16,), "6": (19, 18, 17, 16)}
_DOUBLED = str.maketrans("123456789", "246813579")  # twice the digit, and of two digits their sum
_USERINFOS = re.compile(r"(?a)(://[^\s/:@]{0,200}:)[^\s/@]{1,200}(@)")


def scrub_text(value: str, code: bool = False) -> str:
    """The text with each secret replaced by `[Filtered]`; `code`: a line of source, where only literals count."""
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
    value = _KEYS.sub(FILTERED, value)
    value = _JWT_WORD.sub(_jwt, value)
    value = _SSNS.sub(_ssn, value)
    return _CARDS.sub(_card, value)


# In what people write themselves: names of secrets are told freely, values that look like one are not. No look-ahead
# runs over what the next match may begin in, as a file of megabytes may be given.
_OWN_SHAPES = (
    (re.compile(_PEM), "a private key"),
    (_KEYS, "an API key or token"),
    (_USERINFOS, "a password in an address"),
    (re.compile(r"(?ai)\b(?:bearer|basic)\s+(?=[0-9A-Za-z._~+/-]*[0-9])[0-9A-Za-z._~+/-]{16,}=*"), "credentials"),
    (re.compile(rf"(?ai)(?:{_NAME})[\"']?\s*=\s*[\"']?[^\s\"'<>$\[\]{{}}]{{6}}"), "a value given to a secret's name"),
)
# After a colon also prose stands: only a word of letters and digits is a value there.
_AFTER_COLON = re.compile(rf"(?ai)(?:{_NAME})[\"']?\s*:\s*[\"']?([^\s\"'<>/]{{12}}[^\s\"']*)")
_MIXED = (re.compile(r"[0-9]"), re.compile(r"[A-Za-z]"))


def looks_secret(text: str) -> str | None:
    """What of a note, link or log reads like a secret, in words; None where nothing does.

    Stricter in what it takes for one than `scrub_text`: it refuses, and "token: rotated" is no reason to.
    """
    if not SUSPECT.search(text):
        return None
    found = next((what for pattern, what in _OWN_SHAPES if pattern.search(text)), None)
    if found or any(_jwt(word) != word.group() for word in _JWT_WORD.finditer(text)):
        return found or "an API key or token"
    if any(all(kind.search(value[1]) for kind in _MIXED) for value in _AFTER_COLON.finditer(text)):
        return "a value given to a secret's name"
    runs = islice(_CARDS.finditer(text), MOST_RUNS)
    return "a card number" if any(_card(run) != run.group() for run in runs) else None


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits are a payment card's: an issuer's range and length, and a right Luhn check digit."""
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
    """Filters the first run of digit groups that is a card: `12 4111 1111 1111 1111` has one at its end.

    Each of 80 groups may begin one, so that the check digits are told from running sums.
    """
    found = match.group()
    groups = [group.span() for group in _GROUP.finditer(found)]
    digits = found.translate(_NO_SEPARATORS)
    ends = dict(zip(accumulate(end - start for start, end in groups), (end for _, end in groups), strict=True))
    sums = _running_sums(digits)
    first = 0
    for start, after in groups:
        for size in _SIZES.get(digits[first], ()):
            last = first + size
            checked = last in ends and not (sums[last % 2][last] - sums[last % 2][first]) % 10
            if checked and _issued(digits[first:last]):
                return found[:start] + FILTERED + found[ends[last] :]
        first += after - start
    return found


def _running_sums(digits: str) -> tuple[list[int], list[int]]:
    """Luhn sums of all beginnings: where numbers end at an even place, and at an odd one."""
    plain, doubled = [int(digit) for digit in digits], [int(digit) for digit in digits.translate(_DOUBLED)]
    weighed = ([doubled[place] if place % 2 == end else plain[place] for place in range(len(digits))] for end in (0, 1))
    even, odd = (list(accumulate(each, initial=0)) for each in weighed)
    return even, odd


def _jwt(match: re.Match[str]) -> str:
    """Filters from where the token begins; what stands before it in the same word stays."""
    word = match.group()
    start = _JWT_START.search(word, 0, word.index("."))
    return word[: start.start()] + FILTERED if start else word


def _ssn(match: re.Match[str]) -> str:
    area, group, serial = match.group().split("-")
    used = area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"
    return FILTERED if used else match.group()


def _named(match: re.Match[str]) -> str:
    return match.group(1) + _quoted(match.group(2))


def _header(match: re.Match[str]) -> str:
    return match.group(1) + _quoted(match.group(2))


def _quoted(value: str) -> str:
    """`[Filtered]` in the quotes that the value had, so that the text around it still reads as before."""
    opening = re.match(r"\\?[\"']", value)
    return f"{opening.group()}{FILTERED}{value[-1]}" if opening else FILTERED


def _scheme(match: re.Match[str]) -> str:
    scheme, blank, value = match.groups()
    # "basic understanding" is prose; credentials have digits or padding, or are long.
    secret = len(value) >= 24 or any(letter.isdigit() or letter == "=" for letter in value)
    return f"{scheme}{blank}{FILTERED}" if secret else match.group()
