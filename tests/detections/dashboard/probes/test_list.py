"""The list of probes: what holds now of each."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.probes import gate
from opsconsole.accounts.models import User
from tests.detections.dashboard.builders import MOMENT
from tests.detections.dashboard.probes.asking import a_day_of_runs, text
from tests.detections.probes.rows import MINUTE, done, place, stored_target
from tests.detections.probes.samples import row

pytestmark = pytest.mark.django_db


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
