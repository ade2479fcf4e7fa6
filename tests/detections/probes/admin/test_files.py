"""The file of a target: what is exported can be imported again, and starts a new target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detections.probes.definition import as_file
from detections.probes.models import ProbeTarget
from detections.probes.program import probe
from tests.detections.probes import rows
from tests.detections.probes.admin.forms import ADMIN
from tests.detections.probes.target_form.test_written import HEADERS, JSON, TEXT
from tests.detections.probes.test_checklist import operations

pytestmark = pytest.mark.django_db

PATHS = st.sampled_from(["meta", "meta.bucket", "items[0].id", 'meta["a.b"]'])
HEADER = st.sampled_from(["x-variant", "cache-control"])
NAMED = st.fixed_dictionaries(
    {}, optional={"check": st.sampled_from(["one", "other"]), "severity": st.sampled_from(probe.SEVERITIES)}
)
COMPARED = st.one_of(
    st.fixed_dictionaries({"operator": st.sampled_from(["equals", "not_equals"]), "value": JSON}),
    st.fixed_dictionaries({"operator": st.sampled_from(["contains", "matches"]), "value": TEXT}),
    st.fixed_dictionaries({"operator": st.just("one_of"), "value": st.lists(JSON, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"operator": st.sampled_from(["less", "at_least"]), "value": st.integers(-99, 99)}),
    st.fixed_dictionaries({"operator": st.sampled_from(["exists", "absent"])}),
)


def kind(name: str, **of: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda own, named: {"kind": name, **own, **named}, st.fixed_dictionaries(of), NAMED)


def compared(name: str, **of: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda row, comparison: {**row, **comparison}, kind(name, **of), COMPARED)


INVARIANTS = st.one_of(
    kind("present", paths=st.lists(PATHS, min_size=1, max_size=3)),
    kind("header_equals", header=HEADER, path=PATHS),
    kind("integer_range", path=PATHS, min=st.integers(-9, 0), max=st.integers(1, 9)),
    kind("bucket_map", bucket=PATHS, variant=PATHS, map=st.just({"0-9": "canary", "10-99": "control one"})),
    compared("json", path=PATHS),
    compared("header", header=HEADER),
    kind("latency", percentile=st.integers(1, 100), max_ms=st.integers(1, 600_000)),
    kind("tls_expiry", min_days=st.integers(1, 3650)),
)
SPLITS = st.fixed_dictionaries(
    {"header": HEADER},
    optional={
        "variants": st.just({"control": {"share": 0.9}, "canary": {"share": 0.1, "min": 0.08, "max": 0.125}}),
        "min_samples": st.integers(30, 1000),
        "window_hours": st.integers(1, 168),
    },
)
BODY = TEXT.map(lambda text: text.replace("\r", "")) | JSON.filter(lambda body: not isinstance(body, str))


def _taken(target: dict[str, Any]) -> bool:
    try:
        probe.read_target(target)
    except probe.ProbeError:  # e.g. one_of without a value
        return False
    return True


TARGETS = st.fixed_dictionaries(
    {"name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True), "base": st.just("https://203.0.112.7")},
    optional={
        "endpoint": st.sampled_from(["/", "/v1/chat?probe=1"]),
        "method": st.sampled_from(probe.METHODS),
        "headers": HEADERS.map(lambda given: {f"z-{name}": value for name, value in given.items()}),
        "body": BODY,
        "expect_json": st.booleans(),
        "ok_statuses": st.lists(st.integers(200, 299), min_size=1, max_size=3),
        "connection": st.sampled_from(["reuse", "fresh"]),
        "invariants": st.lists(INVARIANTS, max_size=4),
        "split": SPLITS,
        "samples": st.integers(1, 10),
        "timeout_ms": st.integers(1000, 5000),
        "retry_count": st.integers(0, 1),
    },
).filter(_taken)


def start(admin: Client, **sent: Any) -> Any:
    return admin.post(f"{ADMIN}/from-file/", sent)


def as_sent(answer: Any) -> dict[str, Any]:
    """What a browser would send of the filled-in form."""
    sent: dict[str, Any] = {}
    for field in answer.context["adminform"].form:
        add_field(sent, field)
    (inline,) = answer.context["inline_admin_formsets"]
    for form in (inline.formset.management_form, *inline.formset.forms):
        for field in form:
            add_field(sent, field)
    return sent


def add_field(sent: dict[str, Any], field: Any) -> None:
    value = field.value()
    if isinstance(value, bool):
        sent.update({field.html_name: "on"} if value else {})
    elif field.name == "split_variants":
        for number, row in enumerate(value or []):
            for column, cell in zip(("variant", "share", "min", "max"), row, strict=True):
                sent[f"{field.html_name}-{number}-{column}"] = cell
    elif isinstance(value, list):
        sent[field.html_name] = ",".join(map(str, value))
    elif value is not None:
        sent[field.html_name] = str(value).replace("\r\n", "\n").replace("\n", "\r\n")


def imported(admin: Client, given: Mapping[str, Any]) -> ProbeTarget:
    filled = start(admin, text=json.dumps(given))
    assert filled.status_code == 200
    sent = {**as_sent(filled), "slug": "imported", "project_environment": rows.place().pk}
    sent.pop("enabled")  # any numbers: only a schedule has to fit them
    answer = admin.post(f"{ADMIN}/add/", sent)
    assert answer.status_code == 302, strip_tags(str(answer.context["errors"]))
    return ProbeTarget.objects.get(slug="imported")


def meaning(given: Mapping[str, Any]) -> Any:
    """The target as the probe reads it, with rows in place of objects."""
    target = probe.read_target(given)
    body = given.get("body") or ""  # the database keeps no order of names
    return target._replace(body=body, invariants=[{**each.row, "check": each.check} for each in target.invariants])


@given(TARGETS)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_imported_is_exported_as_it_was(admin_client: Client, target: dict[str, Any]) -> None:
    ProbeTarget.objects.filter(slug="imported").delete()
    exported = as_file(imported(admin_client, target))
    assert meaning(exported) == meaning(target)
    ProbeTarget.objects.filter(slug="imported").delete()
    assert as_file(imported(admin_client, exported)) == exported


@pytest.mark.parametrize("template", ["aurora", "health"])
def test_a_new_target_starts_from_a_template(admin_client: Client, template: str) -> None:
    sent = as_sent(start(admin_client, template=template))
    named = {"slug": "imported", "project_environment": rows.place().pk, "base": "https://203.0.112.7"}
    answer = admin_client.post(f"{ADMIN}/add/", {**sent, **named})
    assert answer.status_code == 302, strip_tags(str(answer.context["errors"]))
    made = as_file(ProbeTarget.objects.get())
    if template == "aurora":
        assert meaning(made) == meaning({**probe.AURORA, "base": "https://203.0.112.7"})


def test_the_template_of_the_rollout_opens_the_shipped_checklist(admin_client: Client) -> None:
    slug = "aurora-rollout-probe-operations-checklist"
    operations(slug)
    sent = as_sent(start(admin_client, template="aurora"))
    assert sent["opens_checklist"] == slug
    named = {"project_environment": rows.place().pk, "base": "https://203.0.112.7"}
    assert admin_client.post(f"{ADMIN}/add/", {**sent, **named}).status_code == 302
    assert ProbeTarget.objects.get().opens_checklist == slug


def test_a_file_is_uploaded(admin_client: Client) -> None:
    file = SimpleUploadedFile("target.json", b'\xef\xbb\xbf{"name": "shop", "base": "https://shop.example"}')
    filled = start(admin_client, file=file)
    assert filled.context["adminform"].form["base"].value() == "https://shop.example"
    assert f'action="{ADMIN}/add/"' in filled.content.decode()
    assert not ProbeTarget.objects.exists()


def test_headers_that_look_secret_are_left_out_and_named(admin_client: Client) -> None:
    given = {
        "base": "https://shop.example",
        "headers": {"authorization": "Bearer hunter2", "accept": "*/*"},
        "debug_headers": {"x-debug": "on", "x-debug-token": "hunter3"},
    }
    page = start(admin_client, text=json.dumps(given)).content.decode()
    assert "Authorization, x-debug-token looked secret and was left out." in page
    assert "x-debug: on" in page
    assert "hunter" not in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose one"),
        ({"template": "aurora", "text": "{}"}, "Choose one"),
        ({"text": "{"}, "no JSON"),
        ({"text": "[]"}, "no object"),
        ({"text": '{"nam": "x"}'}, "nearest: name"),
        ({"text": '{"invariants": [{"kind": "jsn"}]}'}, "nearest: json"),
        ({"text": '{"body": "\\u0000"}'}, "NUL"),
        ({"text": '{"name": 3}'}, "name is 1 to 60 letters"),
        ({"file": SimpleUploadedFile("x.json", b"\xff\xfe")}, "UTF-8"),
        ({"template": "unknown"}, "not one of the available choices"),
    ],
)
def test_what_is_no_file_of_a_target_is_refused(admin_client: Client, sent: dict[str, Any], said: str) -> None:
    answer = start(admin_client, **sent)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "adminform" not in answer.context
