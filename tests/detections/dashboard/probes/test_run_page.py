"""The page of a run: what came of it, its samples, both reports, and what each state says to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.probes.models import ProbeRun, ProbeSample
from tests.detections.dashboard.builders import MOMENT
from tests.detections.probes.rows import MINUTE, done, running, stored_target
from tests.detections.probes.samples import row

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def ended(*samples: dict[str, Any], **fields: Any) -> ProbeRun:
    """A run that is done, with its samples as rows."""
    run = done(stored_target(**fields), *samples, at=MOMENT)
    keep(run, *samples)
    return run


def keep(run: ProbeRun, *samples: dict[str, Any]) -> None:
    ProbeSample.objects.bulk_create(
        ProbeSample(run=run, number=number, row={**each, "sample": number}) for number, each in enumerate(samples, 1)
    )


def page(run: ProbeRun, rest: str = "") -> str:
    return f"/probes/{run.target.slug}/runs/{run.pk}/{rest}"


def text(client: Client, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_says_what_came_of_the_run(viewer: Client) -> None:
    split = {"header": "x-v", "variants": {"control": 0.9, "canary": {"share": 0.1, "min": 0.08, "max": 0.12}}}
    bad = {**row("non_200", ms=90.0), "detail": "500", "body": "<b>boom</b>"}
    faulty = row(faults=("header_meta_mismatch",), variant="beta", ms=30.0)
    run = ended(bad, faulty, *[row(variant="control", ms=20.0)] * 8, split=split)
    html = text(viewer, page(run))
    assert html.index('id="check-header_meta_mismatch"') < html.index('id="check-meta_missing"')
    for words in (
        "10 %, allowed 8 % to 12 %",
        "should not be seen",
        "9 answers; p50 20 ms, p95 30 ms; most of them in 20 to 22 ms.",
        "Other status, or no answer",
        "&lt;b&gt;boom&lt;/b&gt;",
        page(run, "report.json"),
        page(run, "report.md"),
    ):
        assert words in html, words


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [2, 4, 1, 3]),
        ("?sort=number", [1, 2, 3, 4]),
        ("?sort=slow", [4, 3, 2, 1]),
        ("?show=failed", [2, 4]),
        ("?show=everything&page=2", [2, 4, 1, 3]),
    ],
)
def test_samples_that_failed_come_first_and_can_be_seen_alone(viewer: Client, query: str, numbers: list[int]) -> None:
    run = ended(row(ms=1.0), row("infra", ms=2.0), row(ms=3.0), row(faults=("meta_missing",), ms=4.0))
    answer = viewer.get(page(run, query))
    assert [each.number for each in answer.context["rows"]] == numbers
    assert ("“everything” was not understood" in answer.content.decode()) == ("everything" in query)


def test_samples_are_paged_and_queries_do_not_grow(
    viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = ended(*[row(ms=float(number)) for number in range(51)])
    viewer.get(page(run))
    with django_assert_num_queries(10):
        first = viewer.get(page(run))
    keep_more = [row(ms=1.0)] * 300
    ProbeSample.objects.bulk_create(
        ProbeSample(run=run, number=number, row=each) for number, each in enumerate(keep_more, 100)
    )
    with django_assert_num_queries(10):
        assert "50 of 351" in text(viewer, page(run))
    following = viewer.get(page(run) + first.context["page"].next)
    assert following.context["rows"][0].number == 51
    assert "is no place in this list" in text(viewer, page(run, "?after=nonsense"))


def test_both_reports_are_named_and_say_what_the_command_writes(viewer: Client) -> None:
    samples = [row("infra"), *[row(variant="control")] * 3]
    run = ended(*samples, name="Aurora rollout")
    stem = f"aurora_rollout_probe_{run.started_at:%Y%m%dT%H%M%SZ}"
    as_json = viewer.get(page(run, "report.json"))
    assert as_json["Content-Disposition"] == f'attachment; filename="{stem}.json"'
    assert as_json["Content-Type"] == "application/json"
    found = json.loads(b"".join(as_json.streaming_content))  # type: ignore[attr-defined]
    assert found.pop("rows") == [{**each, "sample": number} for number, each in enumerate(samples, 1)]
    assert found == run.report
    as_text = viewer.get(page(run, "report.md"))
    assert as_text["Content-Disposition"] == f'attachment; filename="{stem}.md"'
    assert as_text.content.decode() == run.markdown


def test_reports_that_are_not_there_are_not_found(viewer: Client) -> None:
    run = running(stored_target(), MOMENT)
    for address in (page(run, "report.json"), page(run, "report.md"), page(ended(row(), slug="x"), "report.pdf")):
        assert viewer.get(address).status_code == 404


def test_a_run_of_another_target_is_not_found(viewer: Client) -> None:
    run = ended(row())
    stored_target("other")
    assert viewer.get(f"/probes/other/runs/{run.pk}/").status_code == 404


class TestStates:
    def test_one_that_runs_shows_its_progress_and_reads_itself_anew_without_scripts(self, viewer: Client) -> None:
        run = running(stored_target(), MOMENT, taken=4)
        html = text(viewer, page(run))
        assert "4 of 10 samples" in html
        assert "They are listed here when the run is over." in html
        assert '<meta http-equiv="refresh" content="3">' in html
        assert "4 of 10 samples" in text(viewer, page(run, "now/"), headers=HTMX)

    def test_when_it_is_over_the_page_is_read_anew(self, viewer: Client) -> None:
        answer = viewer.get(page(ended(row()), "now/"), headers=HTMX)
        assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")

    def test_one_that_no_prober_took_names_the_prober(self, viewer: Client) -> None:
        run = ProbeRun.objects.create(target=stored_target(), trigger="schedule", queued_at=MOMENT, wanted=10)
        assert "A prober takes it within seconds" in text(viewer, page(run))
        ProbeRun.objects.update(queued_at=MOMENT - MINUTE)
        assert "No prober has taken it since" in text(viewer, page(run))

    def test_one_without_an_answer_to_measure_says_so(self, viewer: Client) -> None:
        html = text(viewer, page(ended(row("non_200"))))
        assert "no answer to measure" in html
        assert " <small>ms</small>" not in html

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("interrupted", "It was interrupted after 4 of 10 samples: its process died. It counts for nothing"),
            ("refused", "It could not run, and no sample was sent: its process died. Whoever may change the target"),
        ],
    )
    def test_one_that_ended_without_a_report_says_why_and_what_to_do(
        self, viewer: Client, state: str, words: str
    ) -> None:
        run = running(stored_target(), MOMENT, taken=4)
        ProbeRun.objects.update(state=state, problem="its process died", finished_at=MOMENT)
        html = " ".join(text(viewer, page(run)).split())
        assert words in html
        assert "report.json" not in html
