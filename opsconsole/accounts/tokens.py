"""Bearer tokens of the API: create, verify, revoke. Only their hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from opsconsole.accounts.models import ApiToken, User

PREFIX = "ops_"  # recognised by secret scanners and people
REPORT_PREFIX = "opsr_"  # of tokens that may only post config reports (bootstrap.config_health)
# 32 random bytes cannot be guessed, so a plain SHA-256 is safe and fast enough for every request.
RANDOM_BYTES = 32
HINT_LENGTH = 12
# last_used_at is written at most once a minute: a busy client must not cause a write for each request.
LAST_USED_INTERVAL = timedelta(minutes=1)


def create(owner: User, name: str, scope: ApiToken.Scope) -> tuple[ApiToken, str]:
    """Create a token. Returns the row and the token's text, which is stored nowhere."""
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken.objects.create(
        owner=owner, name=name, scope=scope, token_hash=hash_token(text), hint=text[:HINT_LENGTH]
    )
    return token, text


def verify(text: str, now: datetime) -> ApiToken | None:
    """The token row for `text`, with its owner; None if it is unknown, revoked, or its owner is inactive."""
    token = (
        ApiToken.objects.select_related("owner").filter(token_hash=hash_token(text), revoked_at__isnull=True).first()
    )
    if token is None or not token.owner.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at >= LAST_USED_INTERVAL:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ApiToken, now: datetime) -> None:
    """Revoke a token. It is refused from the next request on in every process: tokens are not cached."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)


def hash_token(text: str) -> str:
    """SHA-256 of a token's text as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
