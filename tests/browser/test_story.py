"""The main job as its users do it, in a browser, on real parts: dormant rule, alert, acknowledgment, recovery."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console import ROOT, Console, copy_of, environment, running

APPLICATION = Path(__file__).with_name("raptor.py")
SECONDS = 1000
RULE = "DET-BETA-003"

# Beat's ticks of the next minutes, run now: ingest is up, nothing more comes in.
LET_TIME_PASS = """
from datetime import timedelta
from detections.alerts.handling.apply_verdicts import consume
from detections.rules.evaluation import scheduler
from detections.telemetry.add_counts import cover
from opsconsole.lib import clock
start = clock.floor_minute(clock.now())
cover("sentry", [start + i * clock.MINUTE for i in range(-6, 15)])
for i in range(1, 15):
    moment = start + i * clock.MINUTE + timedelta(seconds=11)
    scheduler.make_due(moment)
    scheduler.catch_up(moment)
    consume(moment)
"""


def send_errors(dsn: str, number: int) -> None:
    """The application runs with the DSN that the console printed, and fails."""
    done = subprocess.run(
        [sys.executable, APPLICATION, dsn, str(number)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.count("500 ") == number


@pytest.fixture(scope="module")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of its own: the story begins with nothing signed."""
    with running(copy_of(prepared_data, tmp_path_factory.mktemp("story") / "data")) as console:
        yield console


def test_from_a_dormant_rule_to_an_alert_that_resolves_itself(admin: Page, console: Console) -> None:
    page = admin
    dsn, token = console.manage_all(("dsn", "raptor"), ("token", "--scope", "read"))
    read_why_the_rule_is_dormant(page, console)
    sign_the_two_items(page, console)

    page.goto(console.url)
    send_errors(dsn, 5)
    see_the_alert(page)
    acknowledge(page)
    agree_with_the_api(console, token)

    change_a_threshold(page, console)
    console.manage("shell", "-c", LET_TIME_PASS)
    see_it_resolved(page, console)


def read_why_the_rule_is_dormant(page: Page, console: Console) -> None:
    """The overview names it as a blind spot; the rule's page leads to the item that it waits for."""
    page.goto(console.url)
    expect(page.get_by_text(RULE).first).to_be_visible()
    page.goto(f"{console.url}/rules/{RULE}/")
    expect(page.get_by_text("Dormant", exact=True).first).to_be_visible()
    page.get_by_role("link", name=re.compile("SENTRY_DSN_BACKEND")).first.click()
    expect(page).to_have_url(re.compile(r"/checklists/raptor/prod/\d+/.*#item-SENTRY_DSN_BACKEND$"))


def sign_the_two_items(page: Page, console: Console) -> None:
    """The flag's item is locked until the DSN's is signed; afterwards the rule is active at once."""
    dsn, flag = page.locator("#item-SENTRY_DSN_BACKEND"), page.locator("#item-FLAG_SENTRY_BACKEND")
    expect(flag.get_by_role("button", name="Sign")).to_have_count(0)
    dsn.get_by_role("button", name="Sign").click()
    expect(dsn).to_contain_text("admin")
    flag.get_by_role("button", name="Sign").click()
    expect(flag).to_contain_text("admin")
    page.goto(f"{console.url}/rules/{RULE}/")
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()


def see_the_alert(page: Page) -> None:
    """It comes by itself to whoever has the overview open; nobody reloads."""
    row = page.get_by_role("row").filter(has_text=RULE)
    expect(row.get_by_text("Critical").first).to_be_visible(timeout=30 * SECONDS)
    row.get_by_role("link").first.click()
    # The heading says why it fired, the line below of what.
    expect(page.get_by_role("heading", level=1)).to_contain_text("fires from 1 while it is learnt")
    expect(page.locator(".page-head .page-lead")).to_contain_text("/api/beta/preview/*")
    expect(page.get_by_text("INTERNAL_API_SECRET mismatch").first).to_be_visible()
    expect(page.get_by_text("sre-agent").first).to_be_visible()
    # It opens with the first of them that were counted; what holds now says all five.
    evidence = page.get_by_role("region", name="Evidence")
    expect(evidence.get_by_text(re.compile("^5 errors in the last 5 minutes"))).to_be_visible()


def acknowledge(page: Page) -> None:
    """One click; page and log say who and when."""
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text(re.compile("Acknowledged by admin|admin has it")).first).to_be_visible()
    log = page.locator("section, .card").filter(has=page.get_by_role("heading", name="Log"))
    expect(log.last).to_contain_text("admin")


def agree_with_the_api(console: Console, token: str) -> None:
    (alert,) = console.api(f"alerts/?rule={RULE}", token)["items"]
    assert alert["severity"] == "critical"
    assert (alert["handling"], alert["acknowledged_by"]) == ("acknowledged", "admin")
    assert (alert["cause"], alert["owner"]) == ("INTERNAL_API_SECRET mismatch", "sre-agent")


def change_a_threshold(page: Page, console: Console) -> None:
    """The guardrail asks for a reason; with it the change is version 2, and the history shows it."""
    page.goto(f"{console.url}/rules/{RULE}/")
    page.get_by_role("link", name=re.compile("Edit")).first.click()
    page.get_by_label(re.compile("critical", re.I)).first.fill("12")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("baseline is established")).first).to_be_visible()
    page.get_by_label("Why you change it").fill("Agreed with the beta team")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{console.url}/rules/{RULE}/")
    expect(page.get_by_text("Agreed with the beta team").first).to_be_visible()


def see_it_resolved(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/alerts/?condition=resolved")
    row = page.get_by_role("row").filter(has_text=RULE)
    expect(row.get_by_text("Resolved").first).to_be_visible()
    row.get_by_role("link").first.click()
    log = page.locator("section, .card").filter(has=page.get_by_role("heading", name="Log"))
    expect(log.last).to_contain_text("Resolved")
    expect(log.last).to_contain_text("engine")
