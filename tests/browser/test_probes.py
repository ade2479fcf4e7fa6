"""The pages of probes in a real browser: by axe in both themes, on a phone, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from detections.probes.models import ProbeRun, ProbeSample
from opsconsole.lib import clock
from tests.browser.conftest import log_in
from tests.browser.served import Served, serve
from tests.browser.test_look import problems_of, visit
from tests.detections.probes.rows import done, stored_target
from tests.detections.probes.samples import row

SPLIT = {"header": "x-v", "variants": {"control": 0.9, "canary": {"share": 0.1, "min": 0.08, "max": 0.12}}}
TARGET = "/probes/aurora-rollout/"


@pytest.fixture
def console(transactional_db: None, live_server: Any, settings: Any) -> Served:
    """A target with an hour of runs, the newest of which has a high check."""
    target, now = stored_target(name="Aurora rollout", split=SPLIT), clock.now()
    for minutes in range(60, 0, -5):
        good = [row(variant="control", ms=20.0 + minutes)] * 9
        done(target, *good, row(variant="canary"), at=now - timedelta(minutes=minutes))
    samples = [row("infra"), row(faults=("meta_missing",)), *[row(variant="control", ms=30.0)] * 60]
    newest = done(target, *samples, at=now)
    ProbeSample.objects.bulk_create(
        ProbeSample(run=newest, number=number, row=each) for number, each in enumerate(samples, 1)
    )
    return serve(live_server, settings)


@pytest.fixture
def page(browser: Browser, console: Served) -> Iterator[Page]:
    """Logged in; axe has to get past the CSP."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    opened = context.new_page()
    log_in(opened, console)
    yield opened
    context.close()


def test_the_pages_of_probes_pass_axe_and_fit(page: Page, console: Any, axe: str) -> None:
    problems: list[str] = []
    newest = ProbeRun.objects.latest("pk")
    for address in ("/probes/", TARGET, f"{TARGET}runs/{newest.pk}/"):
        visit(page, console, address)
        for each in page.locator("details.disclosure").all():
            each.evaluate("details => { details.open = true; }")
        problems += problems_of(page, axe)
    assert not problems


def test_a_rollout_is_frozen_and_let_go_and_a_run_shows_that_it_waits(page: Page, console: Served) -> None:
    page.goto(f"{console.url}{TARGET}")
    expect(page.locator("#probe-now")).to_contain_text("meta_missing: 1 sample")
    page.get_by_label("Why").fill("The canary looks odd")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.locator("#probe-now")).to_contain_text("The canary looks odd")
    page.get_by_label("Why").fill("It was the cache")
    page.get_by_role("button", name="Let it go", exact=True).click()
    # By this the page has come anew: what holds now is polled, and may say so earlier.
    expect(page.get_by_text("Let go: the gate says what the checks say.")).to_be_visible()
    expect(page.locator("#probe-now")).not_to_contain_text("The canary looks odd")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("heading", name="Waits for the prober")).to_be_visible()
    # The page follows the run by itself.
    ProbeRun.objects.filter(state="queued").update(state="running", started_at=clock.now(), taken=7)
    expect(page.locator("#probe-progress")).to_contain_text("7 of 10 samples")
    ProbeRun.objects.filter(state="running").update(state="interrupted", problem="its process died")
    expect(page.get_by_text("It was interrupted after 7 of 10")).to_be_visible()


def test_run_now_and_freeze_work_without_scripts(browser: Browser, console: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, console)
    page.goto(f"{console.url}{TARGET}")
    page.get_by_label("Why").fill("By hand")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.locator("#probe-now")).to_contain_text("By hand")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("heading", name="Waits for the prober")).to_be_visible()
    context.close()
