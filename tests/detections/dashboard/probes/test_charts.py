"""What the charts of a target add up: pooled shares as the check pools them, percentiles, hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from detections.dashboard.probes import figures
from detections.dashboard.probes.charts import FEWEST, SplitChange, changes_of, pooled_shares, split_charts, wanted_of
from detections.dashboard.probes.check_rows import NOTHING, in_words
from detections.dashboard.probes.figures import SplitBucket, SplitOf
from detections.dashboard.probes.target_page import CHOICES
from detections.probes.definition import definition_of
from detections.probes.models import ProbeSample
from tests.detections.dashboard.builders import MOMENT
from tests.detections.probes.rows import MINUTE, done, stored_target
from tests.detections.probes.samples import row

HOUR = timedelta(hours=1)


def bucket(key: str, asked: str = "GET a", **counts: int) -> SplitBucket:
    of = SplitOf(key, asked)
    return SplitBucket({of: dict(counts)}, of, MOMENT, {of: MOMENT})


def test_shares_are_pooled_over_the_window_and_begin_anew_with_other_shares() -> None:
    buckets = [
        bucket("a", x=90, y=10),
        bucket("a", x=60, y=40),
        SplitBucket(),
        bucket("b", x=30, y=70),
        bucket("b", x=1),
    ]
    assert pooled_shares(buckets, 2) == [
        {"x": 90.0, "y": 10.0},
        {"x": 75.0, "y": 25.0},
        {},
        {"x": 30.0, "y": 70.0},
        {"x": pytest.approx(100 * 31 / 101), "y": pytest.approx(100 * 70 / 101)},
    ]


def test_shares_begin_anew_where_another_address_is_asked_and_the_change_is_told() -> None:
    buckets = [
        bucket("a", x=90, y=10),
        SplitBucket(),
        bucket("a", "GET b", x=50, y=50),
        bucket("c", "GET b", x=60),
        bucket("a", "GET a", x=60),
        bucket("a", "GET a", x=60),
    ]
    assert pooled_shares(buckets, 3)[2] == {"x": 50.0, "y": 50.0}
    assert changes_of(buckets) == [
        SplitChange(2, MOMENT, "another address is asked"),
        SplitChange(3, MOMENT, "the split is another one"),
        SplitChange(4, MOMENT, "another address is asked and the split is another one"),
    ]


def test_few_answers_have_no_share() -> None:
    assert pooled_shares([bucket("a", x=FEWEST - 1)], 1) == [{}]


@pytest.mark.parametrize(
    ("value", "share", "words"),
    [
        (None, False, NOTHING),
        ({}, True, NOTHING),
        (1234567, False, "1,234,567"),
        (12.34567, False, "12.3457"),
        (0.0822, True, "8.22 %"),
        ([0.08, 0.12], True, "8 % to 12 %"),
        ([None, 0.12], True, "at most 12 %"),
        ({"a": 0.9, "b": [0.08, None]}, True, "a 90 %, b at least 8 %"),
        ("text", False, "text"),
    ],
)
def test_values_of_checks_in_words(value: object, share: bool, words: str) -> None:
    assert in_words(value, share) == words


@pytest.mark.django_db
class TestOfRuns:
    def test_what_a_split_expects_is_read_from_its_key(self) -> None:
        split = {"header": "x-v", "variants": {"a": 0.75, "b": {"share": 0.25, "min": 0.2, "max": 0.5}}}
        key = definition_of(stored_target(split=split)).split.key
        assert wanted_of(key) == {"a": (75.0, None, None), "b": (25.0, 20.0, 50.0)}
        assert wanted_of("") == {}

    def test_a_variant_that_should_not_be_seen_has_the_first_chart(self) -> None:
        target = stored_target(split={"header": "x-v", "variants": {"a": 0.5, "b": 0.5}})
        done(target, *[row(variant="a")] * 60, row(variant="leak"), at=MOMENT - MINUTE)
        found = split_charts(target, CHOICES["24h"], MOMENT)
        assert found is not None
        assert [each.chart.title for each in found.views] == ["Share of leak", "Share of a", "Share of b"]
        assert found.views[0].rows[0].expected == "0 %"

    def test_a_change_of_the_base_breaks_pool_and_line_and_the_page_says_when(self, viewer: Client) -> None:
        target = stored_target(split={"header": "x-v", "variants": {"a": 0.5, "b": 0.5}})
        done(target, *[row(variant="a")] * 60, at=MOMENT - HOUR)
        target.base = "http://127.0.0.1:10"
        target.save()
        done(target, *[row(variant="b")] * 60, at=MOMENT - MINUTE)
        found = split_charts(target, CHOICES["24h"], MOMENT)
        assert found is not None
        assert [(each.at, each.words) for each in found.changes] == [(MOMENT - MINUTE, "another address is asked")]
        chart = found.views[0].chart
        assert list(chart.breaks) == [found.changes[0].bucket]
        assert [value for value in chart.lines[0].values if value is not None] == [100.0, 0.0]
        html = viewer.get("/probes/aurora-rollout/").content.decode()
        assert "another address is asked: the shares before are not" in " ".join(html.split())
        assert html.count("The target changed") == 2

    @pytest.mark.parametrize("variants", [None, {"a": 1.0}])
    def test_the_card_says_whether_shares_are_judged(self, viewer: Client, variants: dict[str, float] | None) -> None:
        target = stored_target(split={"header": "x-v", **({"variants": variants} if variants else {})})
        done(target, *[row(variant="a")] * 60, at=MOMENT - MINUTE)
        html = " ".join(viewer.get("/probes/aurora-rollout/").content.decode().split())
        assert ("as the check does" in html) == bool(variants)
        assert ("nothing is judged, since the target has no expected shares" in html) == (not variants)
        assert ("only reported: it has no expected shares" in html) == (not variants)

    def test_without_expected_shares_the_shares_are_shown_alone(self) -> None:
        target = stored_target(split={"header": "x-v"})
        done(target, *[row(variant="a")] * 60, at=MOMENT - MINUTE)
        found = split_charts(target, CHOICES["24h"], MOMENT)
        assert found is not None
        assert [each.chart.expected for each in found.views] == [None]

    def test_buckets_have_the_median_of_medians_and_the_highest_p95(self) -> None:
        target = stored_target()
        for index, ms in enumerate((10.0, 20.0, 90.0)):
            done(target, *[row(ms=ms)] * 10, at=MOMENT - MINUTE * (index + 1))
        done(target, row("infra"), at=MOMENT - 5 * HOUR)
        buckets = figures.by_bucket(target.pk, MOMENT - 6 * HOUR, MOMENT, HOUR)
        assert [(each.runs, each.p50, each.p95) for each in buckets] == [
            (0, None, None),
            (1, None, None),
            *[(0, None, None)] * 3,
            (3, 20.0, 90.0),
        ]

    def test_hours_count_runs_by_their_severity(self) -> None:
        target = stored_target()
        done(target, row(faults=("meta_missing",)), at=MOMENT)
        done(target, row("infra"), at=MOMENT - 2 * HOUR)
        hours = figures.by_hour([target.pk], MOMENT)[target.pk]
        assert [(each.runs, each.high, each.warn) for each in hours[-3:]] == [(0, 0, 0), (1, 0, 1), (1, 1, 0)]

    def test_the_histogram_agrees_with_the_percentiles_of_the_report(self) -> None:
        samples = [row(ms=ms / 10) for ms in range(1, 1001)] + [row("infra", ms=9000.0), row(ms=5000.0)]
        run = done(stored_target(), *samples, at=MOMENT)
        ProbeSample.objects.bulk_create(
            ProbeSample(run=run, number=number, row=each) for number, each in enumerate(samples, 1)
        )
        found = figures.latencies(run)
        assert found is not None
        assert (found.p50, found.p95, found.most) == (run.p50_ms, run.p95_ms, 5000.0)
        assert sum(found.counts) == 1001
        assert (found.counts[-1], found.open_end) == (1, True)
