from __future__ import annotations

import pytest
from django.db import transaction

from opsconsole.accounts.models import User
from opsconsole.lib.db.snapshot import snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_committed_row_changes_it() -> None:
    texts = [snapshot()]
    for name in ("ada", "ben"):
        User.objects.create_user(name)
        texts.append(snapshot())
    User.objects.filter(username="ben").delete()
    texts.append(snapshot())
    assert len(set(texts)) == 4


def test_several_rows_of_one_transaction_change_it() -> None:
    before = snapshot()
    with transaction.atomic():
        User.objects.create_user("ada")
        User.objects.create_user("ben")
    assert snapshot() != before
