"""The list of probes and the page of a target: what holds now, over time, and what people do with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from detections.alerts.models import Alert
from detections.probes import gate, start
from detections.probes.checklist import open_checklists
from detections.probes.models import ProbeRun, ProbeTarget
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import make_rule, make_scope
from tests.detections.dashboard.builders import MOMENT
from tests.detections.incidents.factories import make_alert
from tests.detections.probes.rows import MINUTE, done, place, running, stored_target
from tests.detections.probes.samples import row
from tests.detections.probes.test_checklist import high, operations, watched

pytestmark = pytest.mark.django_db

PAGE = "/probes/aurora-rollout/"
SPLIT = {
    "header": "x-aurora-variant",
    "variants": {"control": 0.9, "canary": {"share": 0.1, "min": 0.08, "max": 0.12}},
}


def text(client: Client, address: str, status: int = 200, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == status
    return str(answer.content.decode())


def signed_in(role: str) -> Client:
    groups.load()
    user = User.objects.create_user(role.lower().replace(" ", "-"), first_name="Rita", last_name="Ray")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def a_day_of_runs(target: ProbeTarget, count: int) -> None:
    for index in range(count):
        done(target, row(variant="control"), row(variant="canary"), at=MOMENT - MINUTE * 5 * (index + 1))


class TestList:
    def test_without_a_target_it_says_what_a_probe_is_and_who_makes_one(self, viewer: Client, admin: Client) -> None:
        assert "An admin sets one up" in text(viewer, "/probes/")
        assert "/admin/detections/probetarget/add/" in text(admin, "/probes/")

    def test_it_says_of_each_target_gate_run_and_schedule(self, viewer: Client) -> None:
        target = stored_target(name="Aurora rollout")
        done(target, *[row(ms=40.0)] * 10, at=MOMENT - MINUTE)
        html = text(viewer, "/probes/")
        for words in ("Aurora rollout", "raptor/prod", "Open", "Clean", "40 ms", "every 5 min", "1 of 1 without"):
            assert words in html, words
        assert "0 of 1 gate closed" not in html

    def test_it_says_which_endpoint_and_no_secret_of_it(self, viewer: Client) -> None:
        """Two targets of one service differ by nothing else."""
        stored_target(endpoint="/v1/chat?lang=en&token=topsecret-abc")
        html = text(viewer, "/probes/")
        assert "POST http://127.0.0.1:9/v1/chat?lang=en&amp;token=[hidden]" in html
        assert "topsecret-abc" not in html

    def test_closed_gates_come_first_with_their_first_reason(self, viewer: Client) -> None:
        done(stored_target("a-good"), at=MOMENT)
        bad = stored_target("z-bad")
        done(bad, row(faults=("meta_missing",)), at=MOMENT)
        html = text(viewer, "/probes/")
        assert html.index("z-bad") < html.index("a-good")
        assert "meta_missing: 1 sample" in html
        assert "1 of 2 gates closed" in html

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("gate=closed", {"shut"}),
            ("gate=open", {"fine"}),
            ("q=FIN", {"fine"}),
            ("q=127.0.0.1", {"fine", "shut"}),
            ("environment=staging", {"shut"}),
            ("project=gone", set()),
            ("sort=-slow", {"fine", "shut"}),
            ("sort=newest", {"fine", "shut"}),
            ("page=7", {"fine", "shut"}),
        ],
    )
    def test_filters_and_sorts_are_its_address(self, viewer: Client, query: str, found: set[str]) -> None:
        done(stored_target("fine"), at=MOMENT)
        stored_target("shut", project_environment=place(environment="staging"))
        html = text(viewer, f"/probes/?{query}")
        assert {name for name in ("fine", "shut") if f'href="/probes/{name}/"' in html} == found
        assert ("“page” is not a filter" in html) == (query == "page=7")

    def test_its_queries_do_not_grow(self, viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        a_day_of_runs(stored_target(), 1)
        viewer.get("/probes/")
        with django_assert_num_queries(10):
            viewer.get("/probes/")
        for name in ("b", "c", "d"):
            a_day_of_runs(stored_target(name), 3)
        gate.freeze(stored_target("e"), User.objects.get(), "why", MOMENT)
        with django_assert_num_queries(10):
            viewer.get("/probes/")


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


class TestActs:
    def test_run_now_leads_to_the_run(self) -> None:
        target = stored_target()
        answer = signed_in("Responder").post(f"{PAGE}start/")
        run = ProbeRun.objects.get(target=target)
        assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}runs/{run.pk}/")
        assert (run.trigger, run.actor_name, run.state) == ("person", "Rita Ray", "queued")

    def test_run_now_loads_the_page_anew(self) -> None:
        """The page's `target` is none of the button's: htmx would look for it, and send nothing."""
        run = done(stored_target(), at=MOMENT)
        client = signed_in("Responder")
        for address in (PAGE, f"{PAGE}runs/{run.pk}/"):
            assert f'hx-post="{PAGE}start/"' not in text(client, address)

    def test_run_now_while_one_runs_says_so(self) -> None:
        target = stored_target()
        running(target, MOMENT)
        client = signed_in("Responder")
        answer = client.post(f"{PAGE}start/", follow=True)
        assert "A run of aurora-rollout waits or runs: wait for its end." in answer.content.decode()
        # There its progress is shown.
        assert answer.redirect_chain == [(f"{PAGE}runs/{ProbeRun.objects.get().pk}/", 303)]
        assert ProbeRun.objects.count() == 1

    def test_freeze_and_let_go_with_a_reason(self) -> None:
        target, client = stored_target(), signed_in("Responder")
        done(target, at=MOMENT)
        assert client.post(f"{PAGE}freeze/", {"reason": "looks <odd>"}).status_code == 303
        html = text(client, PAGE)
        assert "Frozen by Rita Ray" in html
        assert "looks &lt;odd&gt;" in html
        assert client.post(f"{PAGE}unfreeze/", {"reason": "it was the cache"}).status_code == 303
        assert gate.gate_of(target, MOMENT).is_open
        assert "it was the cache" in text(client, PAGE)

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
    def test_an_unusable_reason_is_refused_and_kept(self, reason: str) -> None:
        target = stored_target()
        answer = signed_in("Responder").post(f"{PAGE}freeze/", {"reason": reason})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "Give a reason of 1 to 300 characters." in html
        assert f'value="{reason}"' in html
        assert not target.freezes.exists()

    def test_a_reason_that_cannot_be_stored_is_refused(self) -> None:
        target = stored_target()
        answer = signed_in("Responder").post(f"{PAGE}freeze/", {"reason": "a\0b"})
        assert answer.status_code == 422
        assert "The reason contains a NUL" in answer.content.decode()
        assert not target.freezes.exists()

    def test_the_second_of_two_people_is_told_who_was_first(self) -> None:
        target, client = stored_target(), signed_in("Responder")
        first = User.objects.create_user("bob")
        gate.freeze(target, first, "errors", MOMENT - MINUTE)
        answer = client.post(f"{PAGE}freeze/", {"reason": "errors, too"})
        html = answer.content.decode()
        assert answer.status_code == 409
        assert "is frozen already since" in html
        assert "by bob: errors" in html
        assert 'value="errors, too"' in html
        assert target.freezes.count() == 1

    @pytest.mark.parametrize("act", ["start", "freeze", "unfreeze"])
    def test_only_who_may_acts(self, viewer: Client, act: str) -> None:
        target = stored_target()
        assert viewer.post(f"{PAGE}{act}/", {"reason": "x"}).status_code == 403
        assert f"{PAGE}{act}/" not in text(viewer, PAGE)
        assert not target.runs.exists()
        assert not target.freezes.exists()

    @pytest.mark.parametrize("act", ["start", "freeze", "unfreeze"])
    def test_a_form_of_another_site_is_refused(self, act: str) -> None:
        stored_target()
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("root"))
        assert client.post(f"{PAGE}{act}/", {"reason": "x"}).status_code == 403


def alert_of(target: ProbeTarget, check: str) -> Alert:
    """An alert that fires in the scope of the check."""
    return make_alert(scope=make_scope(make_rule(f"P-{check[:3]}"), f"{target.slug}/{check}"))
