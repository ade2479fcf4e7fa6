"""Secrets at rest: sealed with a key that is derived from SECRET_KEY, opened where they are used.

A row, a dump or a backup without the key does not tell them. AES-128-CBC with HMAC-SHA256 (Fernet); the key is HKDF of
SECRET_KEY and the purpose, so that what was sealed for one purpose does not open for another. Keys named in
SECRET_KEY_FALLBACKS still open, which is how a key is exchanged (docs/operations.md); `bin/manage reseal` seals anew.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = "v1:"


class SealBroken(ValueError):
    """No key opens it. The text says what to do, and nothing of the secret."""


def seal(text: str, *, purpose: str) -> str:
    """The sealed text, in ASCII, about 1.4 times as long; another one at each call.

    `purpose` names the kind of secret, e.g. "slack".
    """
    return _VERSION + _fernets(purpose).encrypt(text.encode("utf-8", "surrogatepass")).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text that was sealed for this purpose. Raises SealBroken."""
    if not sealed.startswith(_VERSION):
        raise SealBroken(f"This is no sealed text: one begins with {_VERSION}. Enter the secret again.")
    try:
        return _fernets(purpose).decrypt(_token(sealed)).decode("utf-8", "surrogatepass")
    except InvalidToken:
        raise SealBroken(
            "The secret cannot be opened: it was stored with another SECRET_KEY. Name that key in "
            "SECRET_KEY_FALLBACKS, or enter the secret again."
        ) from None


def resealed(sealed: str, *, purpose: str) -> str:
    """The same text sealed with the present key. Raises SealBroken."""
    return seal(unseal(sealed, purpose=purpose), purpose=purpose)


def is_current(sealed: str, *, purpose: str) -> bool:
    """Whether the present key opens it, not one of the fallbacks."""
    try:
        _fernet(settings.SECRET_KEY, purpose).decrypt(_token(sealed))
    except InvalidToken:
        return False
    return sealed.startswith(_VERSION)


def _token(sealed: str) -> bytes:
    return sealed.removeprefix(_VERSION).encode("ascii", "replace")


def _fernets(purpose: str) -> MultiFernet:
    return MultiFernet([_fernet(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(key: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"opsconsole sealed v1 {purpose}".encode())
    return Fernet(urlsafe_b64encode(derived.derive(key.encode())))
