"""Prerequisites hold exactly while the item about them is signed done in an open run of that environment."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import SignOff
from bootstrap.prerequisites import prerequisites, prerequisites_by_environment
from bootstrap.systems.models import Flag
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db
PAIR = ["flag:sentry_backend", "var:SENTRY_DSN_BACKEND"]


@pytest.fixture
def run():
    run = builders.run(builders.environment())
    builders.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND")
    builders.item(run, "FLAG_SENTRY_BACKEND", flag="FLAG_SENTRY_BACKEND")
    Flag.objects.update(aliases=["sentry_backend"])
    return run


def item_of(run, key):
    return run.version.sections.get(items__key=key).items.get(key=key)


def test_unsigned_items_do_not_hold_and_lead_to_the_item(run) -> None:
    flag, variable = prerequisites(run.environment, PAIR, NOON)
    assert (flag.holds, variable.holds) == (False, False)
    assert flag.why == "Not signed yet"
    assert flag.label == "Flag sentry_backend on"
    assert flag.url == f"/checklists/demo/prod/{run.pk}/#item-FLAG_SENTRY_BACKEND"
    assert flag.command == "heroku config:set FLAG_SENTRY_BACKEND=1 --app demo-api-prod >/dev/null 2>&1"
    assert variable.command is not None
    assert 'heroku config:set SENTRY_DSN_BACKEND="$v" --app demo-api-prod >/dev/null 2>&1' in variable.command
    assert variable.item_id == item_of(run, "SENTRY_DSN_BACKEND").pk


def test_holds_while_the_newest_act_is_done(run) -> None:
    item = item_of(run, "FLAG_SENTRY_BACKEND")
    builders.act(run, item)
    state = prerequisites(run.environment, ["flag:FLAG_SENTRY_BACKEND"], NOON)[0]
    assert state.holds
    assert state.why == "Signed by ada, 2026-06-12 12:00 UTC"
    builders.act(run, item, SignOff.Act.UNDONE, by="bob")
    state = prerequisites(run.environment, ["flag:sentry_backend"], NOON)[0]
    assert not state.holds
    assert state.why.startswith("Taken back by bob")


@pytest.mark.parametrize("what", [SignOff.Act.SIGNED, SignOff.Act.NOT_APPLICABLE, SignOff.Act.WAIVED])
def test_other_acts_do_not_fulfil_it(run, what) -> None:
    builders.act(run, item_of(run, "SENTRY_DSN_BACKEND"), what)
    assert not prerequisites(run.environment, ["var:SENTRY_DSN_BACKEND"], NOON)[0].holds


def test_a_closed_run_counts_no_more(run) -> None:
    builders.act(run, item_of(run, "SENTRY_DSN_BACKEND"))
    run.closed_at = NOON
    run.save()
    state = prerequisites(run.environment, ["var:SENTRY_DSN_BACKEND"], NOON)[0]
    assert not state.holds
    assert "No open checklist" in state.why


def test_environments_do_not_share_sign_offs(run) -> None:
    staging = builders.run(builders.environment("staging"))
    builders.act(run, item_of(run, "SENTRY_DSN_BACKEND"))
    states = prerequisites_by_environment([run.environment, staging.environment], PAIR, NOON)
    assert states[run.environment_id]["var:SENTRY_DSN_BACKEND"].holds
    assert not states[staging.environment_id]["var:SENTRY_DSN_BACKEND"].holds
    assert "--app demo-api-staging" in states[staging.environment_id]["flag:sentry_backend"].command


def test_a_section_is_complete_with_every_item_done_or_not_applicable(run) -> None:
    state = prerequisites(run.environment, ["section:core"], NOON)[0]
    assert (state.holds, state.why) == (False, "0 of 2 items done; next: SENTRY_DSN_BACKEND")
    builders.act(run, item_of(run, "SENTRY_DSN_BACKEND"), SignOff.Act.NOT_APPLICABLE)
    builders.act(run, item_of(run, "FLAG_SENTRY_BACKEND"))
    state = prerequisites(run.environment, ["section:core"], NOON)[0]
    assert (state.holds, state.why) == (True, "2 of 2 items done")


def test_a_section_whose_flag_is_not_applicable_is_not_complete(run) -> None:
    builders.act(run, item_of(run, "SENTRY_DSN_BACKEND"))
    builders.act(run, item_of(run, "FLAG_SENTRY_BACKEND"), SignOff.Act.NOT_APPLICABLE)
    assert not prerequisites(run.environment, ["section:core"], NOON)[0].holds


@pytest.mark.parametrize("predicate", ["", "flag", "flag:", "sentry_backend", "moon:full"])
def test_an_unknown_predicate_does_not_hold_and_says_so(run, predicate) -> None:
    state = prerequisites(run.environment, [predicate], NOON)[0]
    assert not state.holds
    assert state.why.startswith("Not a known kind of prerequisite")


@pytest.mark.parametrize("predicate", ["flag:nope", "var:NOPE", "item:NOPE", "section:nope", "flag:SENTRY_DSN_BACKEND"])
def test_a_predicate_about_nothing_known_does_not_hold(run, predicate) -> None:
    assert not prerequisites(run.environment, [predicate], NOON)[0].holds


def test_query_count_does_not_grow_with_predicates_and_environments(run) -> None:
    more = (builders.run(builders.environment(f"env{n}")).environment for n in range(5))
    environments = [run.environment, *more]
    predicates = [*PAIR, "section:core", "item:SENTRY_DSN_BACKEND", "var:OTHER", "flag:other"]
    for wanted in (PAIR[:1], predicates):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            prerequisites_by_environment(environments, wanted, NOON)
        assert len(queries) == 4


def test_a_section_is_complete_without_what_is_optional() -> None:
    prod = builders.environment()
    run = builders.run(prod)
    builders.act(run, builders.item(run, "NEEDED"))
    builders.item(run, "NICE", optional=True)
    (state,) = prerequisites(prod, ["section:core"], NOON)
    assert (state.holds, state.why) == (True, "1 of 1 items done")
