"""Waivers: reason and review date, in force until it has passed, hashed with the act, shown where it matters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from bootstrap.checklists.queries import item_progress_by_run, progress_by_run
from bootstrap.checklists.refusals import AlreadySigned, NothingToTakeBack, ReviewDateWrong, WaiverReasonMissing
from bootstrap.checklists.run_page import run_view
from bootstrap.checklists.signing.sign import sign, take_back, waive
from bootstrap.prerequisites import prerequisites
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.people import signer

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
DAY = timedelta(days=1)


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    token = builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN")
    ItemDependency.objects.create(item=builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL"), needs_item=token)
    return run


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada")


def item(key: str = "MAIL_TOKEN") -> Item:
    return Item.objects.get(key=key)


def wanted(run: Run, by: User, until: date | None, note: str = "vault comes in August") -> ActRequest:
    return ActRequest(run, item(), by, NOON, note=note, review_by=until)


def state(run: Run, days: int, key: str = "MAIL_TOKEN") -> str:
    return item_progress_by_run([run], NOON + days * DAY)[run.pk][item(key).pk].state.value


def test_it_holds_through_its_review_date_and_then_the_item_is_open_again(run: Run, ada: User) -> None:
    act = waive(wanted(run, ada, TODAY + 10 * DAY))
    assert act.describe() == f"waived until {TODAY + 10 * DAY} by ada, 2026-06-12 12:00 UTC"
    assert [state(run, days) for days in (0, 10, 11)] == ["waived", "waived", "open"]
    assert [state(run, days, "FLAG_MAIL") for days in (10, 11)] == ["open", "blocked"]
    assert [progress_by_run([run], NOON + days * DAY)[run.pk].settled for days in (10, 11)] == [1, 0]
    assert not prerequisites(run.environment, ["var:MAIL_TOKEN"], NOON)[0].holds
    assert verify_audit().findings == ()


def test_reason_and_a_day_within_a_year_are_asked_for(run: Run, ada: User) -> None:
    with pytest.raises(WaiverReasonMissing):
        waive(wanted(run, ada, TODAY + DAY, note=" "))
    for until in (None, TODAY, TODAY - DAY, TODAY + 366 * DAY):
        with pytest.raises(ReviewDateWrong, match="from 2026-06-13 to 2027-06-12"):
            waive(wanted(run, ada, until))
    assert waive(wanted(run, ada, TODAY + 365 * DAY)).act == "waived"


def test_it_is_renewed_taken_back_and_replaced_by_a_signature(run: Run, ada: User) -> None:
    waive(wanted(run, ada, TODAY + DAY))
    assert waive(wanted(run, ada, TODAY + 9 * DAY)).sequence == 2
    take_back(ActRequest(run, item(), ada, NOON))
    assert state(run, 0) == "open"
    waive(wanted(run, ada, TODAY + DAY))
    assert sign(ActRequest(run, item(), ada, NOON)).act == "done"
    with pytest.raises(AlreadySigned):
        waive(wanted(run, ada, TODAY + DAY))


def test_one_that_ran_out_cannot_be_taken_back_but_signed(run: Run, ada: User) -> None:
    waive(wanted(run, ada, TODAY + DAY))
    later = NOON + 2 * DAY
    with pytest.raises(NothingToTakeBack):
        take_back(ActRequest(run, item(), ada, later))
    assert sign(ActRequest(run, item(), ada, later)).act == "done"


def test_the_database_keeps_review_dates_to_waivers(run: Run) -> None:
    for what, until in ((SignOff.Act.WAIVED, None), (SignOff.Act.DONE, TODAY)):
        with pytest.raises(IntegrityError), transaction.atomic():
            builders.act(run, item(), what, review_by=until)


def test_a_changed_review_date_is_found(run: Run, ada: User) -> None:
    from tests.bootstrap.checklists.audit.test_verify import change

    change(SignOff, waive(wanted(run, ada, TODAY + DAY)).pk, review_by=TODAY + 99 * DAY)
    assert "was changed after it was made" in verify_audit().findings[0]


def test_the_view_names_what_is_to_be_looked_at_again(run: Run, ada: User) -> None:
    waive(wanted(run, ada, TODAY + 30 * DAY))
    for days, named, lapsed in ((0, 0, False), (16, 1, False), (31, 1, True)):
        view = run_view(run, NOON + days * DAY)
        assert len(view.review) == named
        assert bool(view.items[0].lapsed) == lapsed
        assert bool(view.items[0].newest) != lapsed


def post(client: Client, run: Run, **sent: object) -> int:
    address = f"{run.get_absolute_url()}items/{item().pk}/waive/"
    return client.post(address, {"seen": 0, **sent}).status_code


def test_by_form(run: Run) -> None:
    client = signer()
    soon = clock.now().date() + 3 * DAY
    assert post(client, run, note="later") == 422
    assert post(client, run, review_by=str(soon)) == 422
    assert post(client, run, note="later", review_by="soon") == 422
    assert not SignOff.objects.exists()
    assert post(client, run, note="later", review_by=str(soon)) == 303
    page = client.get(run.get_absolute_url()).content.decode()
    assert f"waived until {soon} by ada" in page
    assert "Waivers to review" in page
    assert "waived until" in client.get(f"{run.get_absolute_url()}print/").content.decode()
    assert "waived until" in client.get(f"{run.get_absolute_url()}export.md").content.decode()
