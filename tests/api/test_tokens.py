"""Bearer tokens: shown once, kept as a hash, refused when unknown, revoked or too weak."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User

NOW = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)
READ = ApiToken.Scope.READ


def test_only_a_digest_is_kept(owner: User) -> None:
    token, text = tokens.create(owner, "bot", READ)
    assert text.startswith("ops_")
    assert len(text) > 40
    assert token.hint == text[:12]
    assert text not in str(ApiToken.objects.values().get(pk=token.pk))


def test_verify_finds_the_token_with_its_owner(owner: User) -> None:
    token, text = tokens.create(owner, "bot", READ)
    assert tokens.verify(text, NOW) == token
    for wrong in ("", text[:-1], text + "x", token.token_hash, token.hint):
        assert tokens.verify(wrong, NOW) is None


def test_revoked_tokens_and_those_of_people_who_left_are_unknown(owner: User) -> None:
    token, text = tokens.create(owner, "bot", READ)
    tokens.revoke(token, NOW)
    assert tokens.verify(text, NOW) is None
    _, other = tokens.create(owner, "bot", READ)
    owner.is_active = False
    owner.save()
    assert tokens.verify(other, NOW) is None


def test_use_is_noted_to_the_minute(owner: User) -> None:
    token, text = tokens.create(owner, "bot", READ)
    for seconds, noted in [(0, 0), (59, 0), (60, 60), (90, 60)]:
        tokens.verify(text, NOW + timedelta(seconds=seconds))
        token.refresh_from_db()
        assert token.last_used_at == NOW + timedelta(seconds=noted)


def test_the_command_prints_the_token_alone(owner: User) -> None:
    owner.username = "admin"
    owner.save()
    out = io.StringIO()
    call_command("token", "--scope", "write", stdout=out)
    token = tokens.verify(out.getvalue().strip(), NOW)
    assert token is not None
    assert (token.owner, token.scope) == (owner, "write")


def test_the_command_says_when_the_token_is_of_no_use_yet(db: None) -> None:
    User.objects.create_user("eve")
    out, err = io.StringIO(), io.StringIO()
    call_command("token", "--scope", "read", "--owner", "eve", stdout=out, stderr=err)
    assert "eve is in no group" in err.getvalue()
    assert tokens.verify(out.getvalue().strip(), NOW) is not None


def test_the_command_names_who_is_missing(db: None) -> None:
    with pytest.raises(CommandError, match="no user 'admin'"):
        call_command("token", "--scope", "read")


ADDRESSES = ["alerts/", "alerts/1/", "rules/", "routes/", "issues/", "status/"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer nonsense", "Basic YTpi", "bearer\t"])
def test_without_a_valid_token_nothing_is_told(db: None, address: str, header: str) -> None:
    answer = Client(headers={"Authorization": header} if header else {}).get(f"/api/v1/{address}")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_login_is_no_token(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    assert client.get("/api/v1/alerts/").status_code == 401


def test_a_revocation_holds_at_once(owner: User) -> None:
    token, text = tokens.create(owner, "bot", READ)
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert client.get("/api/v1/status/").status_code == 200
    tokens.revoke(token, NOW)
    assert client.get("/api/v1/status/").status_code == 401


def test_a_token_that_may_read_may_not_act(reader: Client) -> None:
    answer = reader.post("/api/v1/alerts/1/acknowledge/")
    assert answer.status_code == 403
    assert "scope write" in answer.json()["detail"]
