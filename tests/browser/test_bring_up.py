"""Bringing up staging, as the person does it who answers for it: from a runbook's text to a proven environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bootstrap.content.load import HERE
from tests.browser.conftest import log_in
from tests.console import PASSWORD, ROOT, Console, copy_of, running

SHIPPED = HERE / "raptor-runbook.md"
# What this team adds to the runbook: an act of two people, and one that has to be proven by a file.
ADDED = """- [ ] `SECRET_KEY` rotated by two people
- [ ] Restore drill done (attach the log)
"""
AFTER = "`ADMIN_SERVICE_TOKEN` provisioned\n"
MAKE_A_SECOND_PERSON = f"""
from django.contrib.auth.models import Group
from opsconsole.accounts.models import User
second = User.objects.create_user("grace", password="{PASSWORD}")
second.groups.add(Group.objects.get(name="Checklist signer"))
"""
REPORTED = {
    "SECRET_KEY": "k" * 64,
    "FLASK_ENV": "production",
    "DATABASE_URL": "postgres://owner:pw@db.example/raptor",
    "FRONTEND_ORIGIN": "https://raxx-staging.pages.dev",
    "ADMIN_SERVICE_TOKEN": "t" * 40,
    "SENTRY_DSN_BACKEND": "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1",
    "FLAG_SENTRY_BACKEND": "1",
}


@pytest.fixture(scope="module")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of its own: nothing is signed, nothing was reported."""
    with running(copy_of(prepared_data, tmp_path_factory.mktemp("bring-up") / "data")) as console:
        console.manage("shell", "-c", MAKE_A_SECOND_PERSON)
        yield console


def test_staging_from_import_to_a_hundred_per_cent(
    admin: Page, browser: Browser, console: Console, tmp_path: Path
) -> None:
    page = admin
    import_the_runbook(page, console)
    move_the_run_of_staging_to_it(page, console)
    leave_out_what_staging_does_not_use(page)
    prove_the_restore_drill(page, tmp_path)
    sign_with_two_people(page, browser, console)
    sign_all_that_is_left(page)

    expect(page.get_by_text("Everything is done.")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("items done")).first).to_contain_text("100%")
    take_it_away_as_markdown(page)
    assert "intact" in console.manage("verify_audit")


def test_a_detection_disarms_when_the_agent_reports_that_the_dsn_is_gone(admin: Page, console: Console) -> None:
    page = admin
    sign = ("sign", "raptor/prod", "SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND", "--by", "admin")
    _, token = console.manage_all(sign, ("token", "--scope", "report", "--environment", "raptor/prod"))
    rule = f"{console.url}/rules/DET-BETA-003/"
    report(console, token, REPORTED)
    page.goto(rule)
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()

    report(console, token, {name: text for name, text in REPORTED.items() if name != "SENTRY_DSN_BACKEND"})
    page.goto(rule)
    expect(page.get_by_text("Dormant", exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile("report of .* says .*unset")).first).to_be_visible()

    report(console, token, REPORTED)
    page.goto(rule)
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()


def import_the_runbook(page: Page, console: Console) -> None:
    """The text with two items more: a preview first, then a new version."""
    text = SHIPPED.read_text()
    assert AFTER in text
    page.goto(f"{console.url}/runbooks/import/")
    page.get_by_label("Text").fill(text.replace(AFTER, AFTER + ADDED))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="What was understood")).to_contain_text("Restore drill done")
    page.get_by_role("button", name="Store this version").click()
    expect(page).to_have_url(f"{console.url}/runbooks/raptor/")


def move_the_run_of_staging_to_it(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/checklists/")
    page.get_by_role("link", name="raptor/staging").first.click()
    page.get_by_role("link", name="What changed, and moving to it").click()
    expect(page.get_by_text("Restore drill done").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Move")).click()
    expect(page.get_by_text("version 2.").first).to_be_visible()


def item(page: Page, key: str) -> Locator:
    return page.locator(f"#item-{key}")


def opened(page: Page, key: str) -> Locator:
    """The item with its panel: history and the acts that need words."""
    found = item(page, key)
    found.get_by_role("link", name=f"More about {key}").click()
    expect(found.get_by_text("History").or_(found.get_by_text("Nobody has acted on it yet."))).to_be_visible()
    return found


def leave_out_what_staging_does_not_use(page: Page) -> None:
    """The demo is off there: its flag does not apply, so its section folds; Redis is gone without for a while."""
    found = opened(page, "FLAG_DEMO_SESSION")
    found.get_by_text("Not applicable here").click()
    found.get_by_label("Why it does not apply").fill("No demo on staging")
    found.get_by_role("button", name="Mark as not applicable").click()
    expect(page.get_by_text("not used in this environment, 2 items")).to_be_visible()


def prove_the_restore_drill(page: Page, folder: Path) -> None:
    """A signature without evidence is refused at the item; with a file it stands."""
    key = "restore-drill-done"
    page.get_by_role("link", name="Sign…").click()
    found = item(page, key)
    found.get_by_role("button", name=f"Sign {key}").click()
    expect(found.get_by_role("alert")).to_contain_text("evidence")
    expect(found.get_by_label("Note")).to_be_visible()
    log = folder / "restore.log"
    log.write_text("restored 1,204 tables in 312 s\n")
    found.get_by_label("File as evidence").set_input_files(log)
    found.get_by_role("button", name=f"Sign {key}").click()
    expect(item(page, key)).to_contain_text("restore.log")
    expect(item(page, key)).to_contain_text("signed by admin")


def sign_with_two_people(page: Page, browser: Browser, console: Console) -> None:
    """Each gives the password again; the first cannot be the second."""
    key = "SECRET_KEY-2"
    sign_with_password(page, key)
    expect(item(page, key)).to_contain_text("Half signed")
    context = browser.new_context()
    other = context.new_page()
    log_in(other, console, "grace")
    other.goto(page.url.split("#")[0])
    sign_with_password(other, key)
    expect(item(other, key)).to_contain_text("signed by grace")
    context.close()
    page.reload()


def sign_with_password(page: Page, key: str) -> None:
    with page.expect_response(lambda response: "/sign/" in response.url) as signed:
        item(page, key).get_by_role("button", name=re.compile("^Sign")).first.click()
    answer = signed.value
    leads_to = answer.headers.get("location", "") + answer.headers.get("hx-redirect", "")
    if "reauthenticate" in leads_to:  # that page may not be there yet
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name=re.compile("Confirm")).click()
    page.wait_for_url(re.compile("/checklists/raptor/staging/"))
    if item(page, key).get_by_text("Open", exact=True).count():  # the password was asked for before the act
        item(page, key).get_by_role("button", name=re.compile("^Sign")).first.click()


def sign_all_that_is_left(page: Page) -> None:
    """One click an item, in order; what was blocked opens on the way."""
    sign = page.locator("#run .check-acts").get_by_role("button", name=re.compile("^Sign"))
    for _ in range(60):
        if not sign.count():
            return
        entry = page.locator("li.check").filter(has=page.locator(".button-primary")).first
        key = str(entry.get_attribute("id"))
        entry.get_by_role("button", name=re.compile("^Sign")).first.click()
        expect(page.locator(f"[id='{key}']").get_by_role("button", name="Take back").first).to_be_visible()
    raise AssertionError("there is always something left to sign")


def take_it_away_as_markdown(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    text = Path(download.value.path()).read_text()
    assert "restore.log" in text
    assert text.count("[x]") >= 28
    assert "No demo on staging" in text


def report(console: Console, token: str, values: dict[str, str]) -> None:
    """The agent runs with these variables in its environment, as on a dyno."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, ROOT / "bin" / "opsconsole-agent", "--url", console.url],
        env=kept | values | {"OPSCONSOLE_AGENT_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
