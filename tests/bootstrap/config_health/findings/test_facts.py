"""Guards count on fresh facts, conditions on the last reported ones."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.config_health.findings.recompute import recompute
from bootstrap.config_health.models import Finding
from bootstrap.systems.models import ConfigVar, Deployment, Flag
from bootstrap.systems.value_rules.conditions import Facts
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap.config_health.reports import NIGHT, report, variable
from tests.bootstrap.postures.builders import in_force

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
OFF, ON = (FLAG_WORDS.index(word) for word in ("0", "1"))


def facts(place: Deployment, hours: float) -> Facts:
    return reported_facts([place], NIGHT + hours * HOUR)[place.pk]


def severities() -> dict[str, str]:
    return dict(Finding.objects.filter(closed_at=None).values_list("kind", "severity"))


def test_a_posture_eases_while_its_guard_is_freshly_reported_to_hold() -> None:
    place = in_force(review_by=(NIGHT + timedelta(days=60)).date()).deployment
    ConfigVar.objects.update(required_when="FLAG_DEMO=0", failure_mode="boot_fail")
    variables = (variable("REDIS_URL", "unset"), variable("FLAG_DEMO", accepted_index=OFF))
    report(place, *variables, facts={"workers": 1})
    assert severities() == {"missing": "warning"}
    recompute(place.environment, NIGHT + 26 * HOUR)
    assert severities() == {"missing": "warning"}
    recompute(place.environment, NIGHT + 27 * HOUR)
    assert severities() == {"missing": "critical", "stale": "critical"}
    report(place, *variables, at=NIGHT + 28 * HOUR, facts={"workers": 1})
    assert severities() == {"missing": "warning"}


def test_without_a_posture_silence_does_not_close_what_a_condition_asks_for() -> None:
    place = in_force().deployment
    ConfigVar.objects.create(app=place.app, name="DSN", required_when="FLAG_DEMO=1", failure_mode="boot_fail")
    report(place, variable("DSN", "unset"), variable("FLAG_DEMO", accepted_index=ON), variable("REDIS_URL"))
    recompute(place.environment, NIGHT + 27 * HOUR)
    assert severities() == {"missing": "critical", "stale": "critical"}


def test_what_is_too_old_is_not_known() -> None:
    place = in_force().deployment
    Deployment.objects.update(workers=1)
    place.refresh_from_db()
    assert facts(place, 0) == Facts(workers=1)
    report(place, variable("FLAG_DEMO", accepted_index=OFF), variable("REDIS_URL"), facts={"workers": 2})
    assert facts(place, 26) == Facts({"FLAG_DEMO": False}, {"FLAG_DEMO": "set", "REDIS_URL": "set"}, 2)
    assert facts(place, 27) == Facts()
    report(place, at=NIGHT + 20 * HOUR)
    assert facts(place, 25).flags == {"FLAG_DEMO": False}
    assert facts(place, 27) == Facts(workers=1), "what the newest report leaves out is as old as its last report"


def test_a_flag_is_on_under_any_of_its_names() -> None:
    place = in_force().deployment
    Flag.objects.update(aliases=["demo"])
    report(place, variable("FLAG_DEMO", "unset"), variable("demo", accepted_index=ON), variable("REDIS_URL"))
    assert facts(place, 0).flags == {"FLAG_DEMO": True, "demo": True}
