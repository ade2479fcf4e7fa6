"""Numbers that identify a person or an account: payment cards, US social security numbers, IBANs (pure).

Each is recognised by its own rules (issuer, length, check digits), so that order numbers and hashes stay readable.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

FILTERED = "[Filtered]"

# A whole run of digit groups without backtracking; `_card` finds the cards in it in one pass.
_CARDS = re.compile(r"[0-9](?:[ -]?[0-9]){12,}+")
# Other separators only in the groups that are printed on a card: `4.111111111111111` is a fraction.
SEPARATOR = "(?: {2}| [-\u2013] |[._/\u00a0\u2009\u202f\u2010\u2011\u2013])"
_GROUPED = re.compile(
    rf"(?<![0-9A-Za-z._/])[0-9]{{4}}({SEPARATOR})(?:[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}|[0-9]{{6}}\1[0-9]{{5}})"
    r"(?![0-9A-Za-z]|[._/][0-9])"
)
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(r"(?<![0-9A-Za-z])([0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})(?![0-9A-Za-z])")
_SSNS = re.compile(r"(?<![0-9A-Za-z-])([0-9]{3})-([0-9]{2})-([0-9]{4})(?![0-9A-Za-z-])")
# With blanks it must stand alone: a row of numbers has other numbers beside it.
_SPACED_SSNS = re.compile(r"(?<![0-9A-Za-z-])(?<![0-9]\s)([0-9]{3}) ([0-9]{2}) ([0-9]{4})(?![0-9A-Za-z-]|\s[0-9])")
_IBANS = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?:[ -]?[0-9A-Z]{4}){2,7}(?:[ -]?[0-9A-Z]{1,3})?(?![0-9A-Za-z])")
# Characters of an IBAN by country (SWIFT's registry).
_IBANS_BY_COUNTRY = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20"
    "EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30"
    "KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23"
    "PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26"
    "UA29 VA22 VG24 XK20 YE30"
)
_IBAN_LENGTHS = {code: int(size) for code, size in re.findall("([A-Z]{2})([0-9]{2})", _IBANS_BY_COUNTRY)}


def without_numbers(text: str) -> str:
    """The text with `[Filtered]` in place of each card number, social security number and IBAN."""
    parts = _UUID.split(text)
    for index in range(0, len(parts), 2):
        part = _IBANS.sub(_iban, _without_cards(parts[index]))
        parts[index] = _SPACED_SSNS.sub(_ssn, _SSNS.sub(_ssn, part))
    return "".join(parts)


def without_cards(text: str) -> str:
    """The text with `[Filtered]` in place of each card number."""
    parts = _UUID.split(text)
    parts[::2] = map(_without_cards, parts[::2])
    return "".join(parts)


def _without_cards(text: str) -> str:
    """As `without_cards`, of a text without UUIDs: their digits may make a card number."""
    return _GROUPED.sub(_grouped, _CARDS.sub(_card, text))


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits are a card number: an issuer's range and length and a correct Luhn check digit."""
    return _issued(digits) and _luhn(digits)


def is_iban(text: str) -> bool:
    """Whether the characters (no blanks) are an IBAN: a country, its length, and a remainder of 1 modulo 97."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


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


def _grouped(match: re.Match[str]) -> str:
    return FILTERED if is_card("".join(_GROUP.findall(match.group()))) else match.group()


def _ssn(match: re.Match[str]) -> str:
    area, group, serial = match.groups()
    used = area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"
    return FILTERED if used else match.group()


def _iban(match: re.Match[str]) -> str:
    """The text without the IBAN at its beginning: a word in capitals may follow it after a blank."""
    text = match.group()
    for end in (len(text), *(blank.start() for blank in re.finditer("[ -]", text))):
        if is_iban(text[:end].replace(" ", "").replace("-", "")):
            return FILTERED + text[end:]
    return text
