"""An incident, from the alert on a phone to the postmortem a week later, by a clock that the test sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from detections.alerts.models import Alert
from detections.incidents import default_levels
from detections.rules.models import Exclusion
from opsconsole.accounts import groups, owners
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.console import PASSWORD
from tests.detections.incidents.factories import START, make_alert

ACTION = "Alert on the provider's status page"
PHONE = {"width": 375, "height": 812}


@dataclass
class GivenClock:
    """The time that the console reads."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time

    def goes_on(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> GivenClock:
    given = GivenClock(START + timedelta(minutes=12))
    monkeypatch.setattr(clock, "now", given)
    return given


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def fits(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return not wide


def log_in(page: Page, server: LiveServer, name: str) -> None:
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{server.url}/")


def person(name: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name="Responder"))
    owners.of_person(user)
    return user


def a_resolved_alert() -> Alert:
    """One that began ten minutes ago, was acknowledged after four, and is over since two."""
    return make_alert(
        START + timedelta(minutes=2), resolved_at=START + timedelta(minutes=10), severity=3, slot_severity=3
    )


def declare(phone: Page, server: LiveServer, alert: Alert) -> None:
    """From the page of the alert."""
    phone.goto(f"{server.url}/alerts/{alert.pk}/")
    phone.get_by_role("link", name="Declare an incident").first.click()
    expect(phone.get_by_label("Severity")).to_have_value("1")  # critical
    assert fits(phone)
    phone.get_by_label("Title").fill("Orders fail in Europe")
    phone.get_by_role("button", name="Declare").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Orders fail in Europe")
    assert fits(phone)


def hand_over(phone: Page, name: str) -> None:
    """The command, from the page of the incident."""
    phone.get_by_role("link", name="Hand over").click()
    phone.get_by_label("To", exact=True).select_option(name)
    phone.get_by_role("button", name="Hand over").click()
    expect(phone.locator("#incident-head")).to_contain_text(name)


def note_what_is_important(phone: Page) -> None:
    """A note, then marked."""
    phone.get_by_label("Note", exact=True).fill("The payment provider answers again.")
    phone.get_by_role("button", name="Add the note").click()
    expect(phone.locator("#timeline-lines")).to_contain_text("The payment provider answers again.")
    phone.locator(".timeline-line", has_text="payment provider").get_by_role(
        "button", name="Important", exact=True
    ).click()
    expect(phone.locator(".timeline-line.is-important", has_text="payment provider")).to_be_visible()


def add_action(phone: Page, text: str) -> None:
    """An item of what is to be done."""
    phone.get_by_text("Add an action item").click()
    phone.locator("#action-new").get_by_label("What").fill(text)
    phone.locator("#action-new").get_by_role("button", name="Add").click()
    expect(phone.locator("#actions")).to_contain_text(text)


def write_postmortem(phone: Page) -> None:
    """Drafted from the record, saved, finished; ends on its page."""
    phone.get_by_role("button", name="Draft it from the record").click()
    expect(phone.get_by_label("Text", exact=True)).to_have_value(re.compile("The payment provider answers again."))
    assert fits(phone)
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("article")).to_contain_text("The payment provider answers again.")
    assert fits(phone)
    postmortem = phone.url
    phone.get_by_role("button", name="It is finished").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Close INC-")  # the incident closes with it
    phone.goto(postmortem)


def exported(phone: Page) -> str:
    """The postmortem as markdown."""
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Export").click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def close(phone: Page) -> None:
    """Judges the alerts and leaves the interval out, in one act."""
    phone.get_by_role("link", name="Close").click()
    phone.get_by_label("All of them were").select_option("true_positive")
    phone.get_by_label("Leave this interval out of baselines").check()
    phone.get_by_role("button", name="Close the incident").click()
    expect(phone.locator("#incident-head")).to_contain_text("Closed")


@pytest.mark.django_db(transaction=True)
def test_declared_and_marked_by_keyboard(page: Page, live_server: LiveServer, given: GivenClock) -> None:
    groups.load()
    person("ana")
    alert = make_alert()
    log_in(page, live_server, "ana")
    page.goto(f"{live_server.url}/alerts/{alert.pk}/")
    page.keyboard.press("i")
    expect(page).to_have_url(f"{live_server.url}/incidents/new/?alert={alert.pk}")
    page.get_by_role("button", name="Declare").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("INC-")
    page.get_by_label("Note", exact=True).fill("We restart it.")
    page.get_by_role("button", name="Add the note").click()
    line = page.locator(".timeline-line", has_text="We restart it.")
    expect(line).to_be_visible()

    page.get_by_role("heading", level=1).click()  # out of the form
    page.keyboard.press("m")  # no line is selected, and there are two
    page.keyboard.press("j")
    expect(line).to_have_class(re.compile("is-selected"))  # the newest is first
    page.keyboard.press("m")
    expect(line).to_have_class(re.compile("is-important.*is-selected"))
    page.keyboard.press("m")
    expect(line).not_to_have_class(re.compile("is-important"))
    page.keyboard.press("j")
    expect(page.locator(".timeline-line.is-selected")).to_contain_text("Declared as")
    page.keyboard.press("k")
    expect(line).to_have_class(re.compile("is-selected"))


@pytest.mark.django_db(transaction=True)
def test_an_incident_from_the_alert_to_the_postmortem_a_week_later(
    phone: Page, live_server: LiveServer, given: GivenClock
) -> None:
    groups.load()
    list(default_levels.load())
    person("ana"), person("ben")
    alert = a_resolved_alert()
    log_in(phone, live_server, "ana")

    declare(phone, live_server, alert)
    address = phone.url
    hand_over(phone, "ben")
    given.goes_on(minutes=3)
    note_what_is_important(phone)
    given.goes_on(minutes=15)
    phone.reload()
    phone.on("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="Mark resolved").click()
    expect(phone.locator("#incident-head")).to_contain_text("Postmortem")

    given.goes_on(days=7)
    phone.goto(address)
    expect(phone.locator("#incident-head")).to_contain_text("Postmortem overdue")
    add_action(phone, ACTION)
    write_postmortem(phone)
    text = exported(phone)
    assert "# " in text
    assert ACTION in text
    phone.goto(address)
    close(phone)
    alert.refresh_from_db()
    assert alert.disposition == Alert.Disposition.TRUE_POSITIVE
    assert Exclusion.objects.count() == 1
