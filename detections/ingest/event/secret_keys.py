"""Which names hold secrets (pure). Read by words, so that `xApiKey`, `X-Api-Key` and `x_api_key` are one."""

from __future__ import annotations

import re

# A name that holds one of these anywhere, once letters only are left.
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
# A name that has one of these among its words.
_WORDS = {"token", "tokens", "pwd", "passcode", "ssn", "cvv", "cvc", "jwt", "bearer", "otp"}
# A name that ends so: `db_pass`; `bypass` and `pass_rate` are none.
_LAST = {"pass"}
# A name that is one of these.
_WHOLE = {"auth", "pass", "pin", "sid", "signature", "card", "xauth", "proxyauth"}
# `beta_token_verifier` names a module, `token_count` a number: words after which no secret is meant.
_HARMLESS_LAST = {
    "verifier", "count", "counts", "type", "types", "limit", "usage", "budget", "expiry", "expires", "ttl", "name",
    "error", "status", "length", "valid", "manager", "policy", "consent", "banner", "required",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def is_secret(name: str) -> bool:
    """Whether the value beside this name is to be removed. Any spelling: camelCase, dashes, underscores, blanks."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _HARMLESS_LAST:
        return False
    joined = "".join(words)
    if joined in _WHOLE or any(part in joined for part in _ANYWHERE):
        return True
    return words[-1] in _LAST or not _WORDS.isdisjoint(words)
