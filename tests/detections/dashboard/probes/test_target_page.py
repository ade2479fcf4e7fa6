"""The page of a target: what holds now, and over time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from detections.probes import start
from detections.probes.checklist import open_checklists
from opsconsole.accounts.models import User
from tests.detections.dashboard.builders import MOMENT
from tests.detections.dashboard.probes.asking import PAGE, SPLIT, a_day_of_runs, alert_of, text
from tests.detections.probes.rows import MINUTE, done, stored_target
from tests.detections.probes.samples import row
from tests.detections.probes.test_checklist import high, operations, watched

pytestmark = pytest.mark.django_db


class TestTarget:
    def test_an_unknown_one_is_not_found(self, viewer: Client) -> None:
        for part in (
            "",
            "now/",
            "charts/",
            "runs/1/",
            "runs/1/now/",
            "runs/1/report.json",
            "runs/99999999999999999999/",
        ):
            assert viewer.get(f"/probes/gone/{part}").status_code == 404

    def test_before_the_first_run_it_says_when_that_is(self, viewer: Client) -> None:
        stored_target()
        html = text(viewer, PAGE)
        assert "The first one starts within 5 minutes" in html
        assert "No run ended within 15 minutes: there was none yet" in html

    def test_checks_of_the_newest_run_those_that_triggered_first_with_their_alerts(self, viewer: Client) -> None:
        target = stored_target()
        done(target, row(faults=("bucket_out_of_range",)), row(), at=MOMENT)
        alert = alert_of(target, "bucket_out_of_range")
        alert_of(target, "certificate_expires")
        html = text(viewer, PAGE)
        assert html.index('id="check-bucket_out_of_range"') < html.index('id="check-meta_missing"')
        assert f"/alerts/{alert.pk}/" in html
        assert "Alert firing, opened" in html
        assert "aurora-rollout/certificate_expires" in html

    @pytest.mark.parametrize(("enabled", "shown"), [(True, True), (False, False)])
    def test_a_window_in_which_two_runs_never_are_is_told(self, viewer: Client, enabled: bool, shown: bool) -> None:
        stored_target(interval_minutes=60, enabled=enabled)
        assert ("elevated_failures cannot trigger. At least 61." in text(viewer, PAGE)) == shown

    def test_what_must_hold_is_in_words_and_what_is_secret_is_not_there(self, viewer: Client) -> None:
        stored_target(headers={"x-api-key": "topsecret-abc"}, endpoint="/v1/chat?token=topsecret-abc", split=SPLIT)
        html = text(viewer, PAGE)
        assert "header x-aurora-variant must equal meta.rollout_variant" in html
        assert "x-api-key" in html
        assert "topsecret-abc" not in html

    def test_it_says_what_a_deploy_asks_and_how_it_is_probed(self, viewer: Client, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://console.example"
        stored_target(headers={}, retry_count=0)
        html = " ".join(text(viewer, PAGE).split())
        assert "https://console.example/api/v1/gates/aurora-rollout/" in html
        assert "no retry, connections" in html
        assert "<dd> none </dd>" in html

    def test_a_target_that_cannot_run_says_why(self, viewer: Client) -> None:
        stored_target(invariants=[{"kind": "json", "path": "[", "operator": "exists"}])
        assert "It cannot run as it is set: " in text(viewer, PAGE)

    @pytest.mark.parametrize("key", ["24h", "7d", "30d"])
    def test_charts_of_each_range(self, viewer: Client, key: str) -> None:
        target = stored_target(split=SPLIT)
        done(target, *[row(variant="control", ms=20.0)] * 54, *[row(variant="canary", ms=20.0)] * 6, at=MOMENT - MINUTE)
        charts = viewer.get(f"{PAGE}?range={key}").context["charts"]
        assert [line.values[0] for line in charts.latency.rows] == ["20"]
        assert [(each.chart.title, each.rows[0].values, each.rows[0].expected) for each in charts.split.views] == [
            ("Share of canary", ("10",), "10 %, allowed 8 to 12"),
            ("Share of control", ("90",), "90 %"),
        ]

    def test_what_is_not_understood_is_said(self, viewer: Client) -> None:
        stored_target()
        html = text(viewer, f"{PAGE}?range=5y&result=bad&page=2")
        assert "Range “5y” was not understood and left out; there are: 24h, 7d, 30d." in html
        assert "Result “bad” was not understood" in html
        assert "“page” is not a filter of this list" in html

    def test_runs_are_paged_and_filtered(self, viewer: Client) -> None:
        target = stored_target()
        for index in range(25):
            done(target, row(faults=("meta_missing",)) if index == 3 else row(), at=MOMENT - MINUTE * (30 - index))
        assert len(viewer.get(PAGE).context["rows"]) == 20
        assert "20 of 25" in text(viewer, PAGE)
        high = viewer.get(f"{PAGE}?result=high").context["rows"]
        assert [run.severity for run in high] == ["high"]
        assert list(viewer.get(f"{PAGE}?by=person").context["rows"]) == []
        assert list(viewer.get(f"{PAGE}?result=failed").context["rows"]) == []

    def test_its_queries_do_not_grow(self, viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        target = stored_target(split=SPLIT)
        a_day_of_runs(target, 2)
        viewer.get(PAGE)
        with django_assert_num_queries(18):
            viewer.get(PAGE)
        a_day_of_runs(stored_target("other"), 1)
        for index in range(15):
            done(target, *[row()] * 30, at=MOMENT - MINUTE * (index + 100))
        with django_assert_num_queries(18):
            viewer.get(PAGE)

    def test_polls_bring_what_holds_now_and_charts_only_after_a_run(self, viewer: Client) -> None:
        target = stored_target()
        done(target, at=MOMENT - MINUTE)
        htmx = {"HX-Request": "true"}
        assert 'id="probe-now"' in text(viewer, f"{PAGE}now/", headers=htmx)
        charts = viewer.get(f"{PAGE}charts/?range=7d", headers=htmx)
        seen = {**htmx, "X-Fragment-Seen": charts["X-Fragment"]}
        assert viewer.get(f"{PAGE}charts/?range=7d", headers=seen).status_code == 204
        done(target, at=MOMENT)
        assert viewer.get(f"{PAGE}charts/?range=7d", headers=seen).status_code == 200

    def test_a_run_that_no_prober_takes_is_said(self, viewer: Client, admin: Client) -> None:
        target = stored_target()
        start.start_now(target, User.objects.get(username="ada"), MOMENT - timedelta(minutes=2))
        assert "No prober has taken it" in text(viewer, PAGE)

    def test_answers_of_a_split_without_expected_shares_are_numbers(self, viewer: Client) -> None:
        samples = [*[row(variant="control")] * 9, row(variant="canary")]
        done(stored_target(split={"header": "x-v"}), *samples, at=MOMENT)
        html = text(viewer, PAGE)
        assert "canary 1, control 9" in html
        assert "900 %" not in html

    def test_the_checklist_that_is_open_is_linked(self, viewer: Client) -> None:
        operations()
        run = high(watched(slug="aurora-rollout"))
        open_checklists(MOMENT)
        run.refresh_from_db()
        assert run.checklist_run
        assert f'href="{run.checklist_run.get_absolute_url()}"' in text(viewer, PAGE)

    def test_a_run_whose_checklist_was_not_opened_says_why(self, viewer: Client) -> None:
        run = high(watched(slug="aurora-rollout", opens_checklist="gone"))
        open_checklists(MOMENT)
        assert "Import its runbook" in text(viewer, f"{PAGE}runs/{run.pk}/")
