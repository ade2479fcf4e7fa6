"""A stored target that the probe takes no longer: every page says so or works, its run is refused, its gate answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.prober import work_off
from opsconsole.lib import clock
from tests.api.conftest import owner, reader, with_token
from tests.detections.probes.rows import NOON, done, stored_target

__all__ = ["owner", "reader", "with_token"]
pytestmark = pytest.mark.django_db
PAGE = "/probes/aurora-rollout/"
OLDER = [
    ({"name": "Größe"}, "name is 1 to 60"),
    ({"base": "http://[::1"}, "is no address"),
    ({"base": "ftp://shop.example"}, "is no address"),
    ({"endpoint": "no slash"}, "endpoint is a path"),
    ({"headers": {"host": "other.example"}}, "host is set by the probe"),
    ({"split": {"header": "x-variant", "window_hours": 500}}, "split: window_hours"),
    ({"split": {"header": "x-variant", "variants": {"a": {"share": 0.5}}}}, "the shares of all variants"),
    ({"expect_json": False}, "reads JSON, but expect_json is false"),
]


def loosen(target: ProbeTarget, changed: dict[str, Any]) -> None:
    """As if the probe had taken this once."""
    ProbeTarget.objects.filter(pk=target.pk).update(**changed)
    run = target.runs.get()
    assert run.report
    config = {**run.report["config"], "target": changed.get("name", "a"), "base": changed.get("base", "https://a")}
    ProbeRun.objects.filter(pk=run.pk).update(report={**run.report, "config": config})


@pytest.mark.parametrize(("changed", "said"), OLDER)
def test_pages_api_and_admin_answer_and_the_run_says_why(
    admin_client: Client, reader: Client, changed: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    target = stored_target()
    run = done(target)
    loosen(target, changed)
    admin = f"/admin/detections/probetarget/{target.pk}"
    own = (PAGE, f"{PAGE}now/", f"{PAGE}charts/", f"{PAGE}runs/{run.pk}/", f"{PAGE}runs/{run.pk}/report.json")
    for address in ("/probes/", *own, f"{PAGE}runs/{run.pk}/report.md", f"{admin}/change/", f"{admin}/export/"):
        assert admin_client.get(address).status_code == 200, address
    assert said in admin_client.get(PAGE).content.decode()
    for address in ("/api/v1/probes/", "/api/v1/probes/aurora-rollout/runs/", "/api/v1/gates/aurora-rollout/"):
        assert reader.get(address).status_code == 200, address
    assert admin_client.post(f"{PAGE}start/").status_code == 303
    assert work_off(clock.now) == 1
    refused = target.runs.get(state=ProbeRun.State.REFUSED)
    assert said in refused.problem
    assert refused.problem in admin_client.get(f"{PAGE}runs/{refused.pk}/").content.decode().replace("&#x27;", "'")
