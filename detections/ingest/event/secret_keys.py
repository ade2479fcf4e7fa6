"""Names whose values are secrets (pure). Compared by words: `xApiKey`, `X-Api-Key` and `x_api_key` are equal."""

from __future__ import annotations

import re

# Names that contain one of these, ignoring all but letters and digits.
_ANYWHERE = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "authorization",
    "credential",
    "privatekey",
    "accesskey",
    "cookie",
    "csrf",
    "xsrf",
    "creditcard",
    "cardnumber",
    "cardcvc",
    "cardcvv",
    "sessionid",
    "phpsessid",
    "connectsid",
)
# Names with one of these among their words.
_WORDS = {"token", "tokens", "pwd", "passcode", "ssn", "cvv", "cvc", "jwt", "bearer", "otp"}
# Names with one of these as last word: `db_pass`, but not `bypass` and `pass_rate`.
_LAST = {"pass"}
# Names that equal one of these.
_WHOLE = {"auth", "pass", "pin", "sid", "signature", "card", "xauth", "proxyauth"}
# Last words of names that are no secrets: `beta_token_verifier` is a module, `token_count` a number.
_HARMLESS_LAST = {
    "verifier", "count", "counts", "type", "types", "limit", "usage", "budget", "expiry", "expires", "ttl", "name",
    "error", "status", "length", "valid", "manager", "policy", "consent", "banner", "required",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def is_secret(name: str) -> bool:
    """Whether the value of this name is a secret. In any spelling: camelCase, dashes, underscores, spaces."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _HARMLESS_LAST:
        return False
    joined = "".join(words)
    if joined in _WHOLE or any(part in joined for part in _ANYWHERE):
        return True
    return words[-1] in _LAST or not _WORDS.isdisjoint(words)
