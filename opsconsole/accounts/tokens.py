"""Bearer tokens of the API: made, shown once, kept as a hash, checked, revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from opsconsole.accounts.models import ApiToken, User

PREFIX = "ops_"  # lets secret scanners and people recognise one
REPORT_PREFIX = "opsr_"  # of tokens that post config reports (bootstrap.config_health) and may do nothing else
# 32 random bytes: a plain SHA-256 cannot be searched backwards, so no slow hash is needed on every request.
RANDOM_BYTES = 32
HINT = 12
# A busy client would otherwise write a row per request; to the minute is enough to see what is in use.
USED_EVERY = timedelta(minutes=1)


def create(owner: User, name: str, scope: ApiToken.Scope) -> tuple[ApiToken, str]:
    """A new token and its text, which is not kept anywhere."""
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken.objects.create(owner=owner, name=name, scope=scope, token_hash=hash_token(text), hint=text[:HINT])
    return token, text


def verify(text: str, now: datetime) -> ApiToken | None:
    """The token that `text` is, with its owner; None when unknown, revoked, or its owner may not log in."""
    token = (
        ApiToken.objects.select_related("owner").filter(token_hash=hash_token(text), revoked_at__isnull=True).first()
    )
    if token is None or not token.owner.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ApiToken, now: datetime) -> None:
    """From the next request on it is unknown, in every process: nothing caches tokens."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)


def hash_token(text: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()
