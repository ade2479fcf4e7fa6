"""A rollout's story in the browser: a target set in the admin is probed by itself, its fault alerts and holds a deploy
back, and the mended service lets it go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.test_story import LET_TIME_PASS
from tests.console import Console, copy_of, running
from tests.receivers.rollout import Rollout, unchanged
from tests.waiting import until

SECONDS = 1000  # of milliseconds
SLUG = "aurora-rollout"


@pytest.fixture(scope="module")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console whose operator lets it reach this machine."""
    data = copy_of(prepared_data, tmp_path_factory.mktemp("rollout") / "data")
    with running(data, OPSCONSOLE_OUTBOUND_ALLOW="127.0.0.1/32") as console:
        yield console


@pytest.fixture(scope="module")
def service() -> Iterator[Rollout]:
    with Rollout() as service:
        yield service


def without_meta(body: dict[str, Any], headers: dict[str, str]) -> None:
    body["meta"] = None


def gate(console: Console, token: str) -> tuple[int, dict[str, Any]]:
    """What a deploy script is told."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{console.url}/api/v1/gates/{SLUG}/", headers=headers, timeout=10)
    return answer.status_code, answer.json()


def test_a_scheduled_probe_alerts_holds_the_rollout_back_and_lets_it_go(
    admin: Page, console: Console, service: Rollout
) -> None:
    page = admin
    (token,) = console.manage_all(("token", "--scope", "read"))
    set_the_target(page, console, service)

    until(lambda: gate(console, token)[0] == 200, within=180, what="a clean run by the schedule")
    service.change = without_meta
    run_now_and_watch(page, console)
    see_the_gate_closed(page, console, token)
    see_the_alert(page, console)
    see_the_checklist(page, console)

    service.change = unchanged
    until(lambda: gate(console, token)[0] == 200, within=180, what="the next run by the schedule")
    freeze_and_let_go(page, console, token)
    console.manage("shell", "-c", LET_TIME_PASS)
    see_it_resolved(page, console)


def set_the_target(page: Page, console: Console, service: Rollout) -> None:
    """From what comes with the console; the address of this machine is asked about once."""
    console.manage_all(("dsn", "raptor"))
    page.goto(f"{console.url}/admin/detections/probetarget/from-file/")
    page.get_by_label("Aurora rollout").check()
    page.get_by_role("button", name="Fill in the form").click()
    page.get_by_label("Base:").fill(service.url)
    page.get_by_label("Minutes between runs:").fill("1")
    page.get_by_label("Timeout in ms:").fill("2000")  # if nothing answered, a run would still end before the next
    page.get_by_label("Opens checklist:").select_option("aurora-rollout-probe-operations-checklist")
    page.get_by_label("Project environment:").select_option("raptor/prod")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Tick below what this target may reach").first).to_be_visible()
    page.get_by_label("127.0.0.1").first.check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def run_now_and_watch(page: Page, console: Console) -> None:
    """Progress comes by itself, then what the run found."""
    page.goto(f"{console.url}/probes/{SLUG}/")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("meta_missing").first).to_be_visible(timeout=60 * SECONDS)


def see_the_gate_closed(page: Page, console: Console, token: str) -> None:
    until(lambda: gate(console, token)[0] == 423, within=60, what="the closed gate")
    _, said = gate(console, token)
    assert [reason["check"] for reason in said["reasons"]] == ["meta_missing"]
    page.goto(f"{console.url}/probes/{SLUG}/")
    expect(page.get_by_role("region", name="Gate")).to_contain_text("meta_missing")


def see_the_alert(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/alerts/")
    row = page.get_by_role("row").filter(has_text="DET-PROBE-001")
    expect(row.get_by_text("High").first).to_be_visible(timeout=60 * SECONDS)
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("answers without meta")


def see_the_checklist(page: Page, console: Console) -> None:
    """The operations checklist was opened for it; the page of the target leads there."""
    page.goto(f"{console.url}/probes/{SLUG}/")
    gate_card = page.get_by_role("region", name="Gate")
    gate_card.get_by_role("link", name="meta_missing in run").click(timeout=90 * SECONDS)
    expect(page.get_by_role("main")).to_contain_text("meta_missing in run")
    expect(page).to_have_url(re.compile("/checklists/raptor/prod/"))


def freeze_and_let_go(page: Page, console: Console, token: str) -> None:
    page.goto(f"{console.url}/probes/{SLUG}/")
    page.get_by_label("Why").fill("Canary under review")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_text("Canary under review").first).to_be_visible()
    status, said = gate(console, token)
    assert (status, [reason["code"] for reason in said["reasons"]]) == (423, ["frozen"])
    page.get_by_label("Why").fill("Reviewed")
    page.get_by_role("button", name="Let it go", exact=True).click()
    until(lambda: gate(console, token)[0] == 200, within=60, what="the open gate")


def see_it_resolved(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/alerts/?condition=resolved")
    row = page.get_by_role("row").filter(has_text="DET-PROBE-001")
    expect(row.get_by_text("Resolved").first).to_be_visible(timeout=60 * SECONDS)
