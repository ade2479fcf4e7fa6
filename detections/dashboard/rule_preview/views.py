"""The preview beside the form of a rule, how far a large one is, and tests of saved rules against the last hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.forms.utils import pretty_name
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from detections.dashboard.rule_preview import jobs, run
from detections.dashboard.rule_preview.outcome import PreviewOutcome
from detections.rules import queries
from detections.rules.models import Rule
from detections.rules.preview.span import DAY, WEEK
from detections.rules.rule_form.form import RuleForm
from detections.rules.rule_form.reading import spec_of_form
from detections.rules.spec.schema import RuleSpec
from detections.rules.views import MAY_EDIT
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.charts.time_chart_svg import ChartView, view
from opsconsole.lib.db.storable import storable
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.paging import MAX_PAGE_SIZE

MOST_RULES = 20  # tested on one page
SPANS = {"24": DAY, "168": WEEK}  # by hours, as addresses have them
LABELS = {"24": "24 h", "168": "7 d"}


@dataclass(frozen=True)
class Panel:
    """What the template shows: an outcome, how far it is, or what keeps it from being made."""

    outcome: PreviewOutcome | None = None
    chart: ChartView | None = None
    job: str = ""
    errors: list[tuple[str, list[str]]] | None = None
    lost: bool = False  # the preview is no longer known
    failed: str = ""  # what was raised while `job` was judged


@require_POST
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_preview(request: HttpRequest) -> HttpResponse:
    """What the posted form would have done in the last seven days; `?rule=` names the rule that is edited."""
    identifier = request.GET.get("rule", "")
    rule = _rule(identifier) if identifier else None
    spec = spec_of_form(request.POST, rule)
    if isinstance(spec, dict):
        return _answer(request, _refused(spec), status=200 if is_htmx(request) else 422)
    return _answer(request, _panel(request, spec, rule, WEEK, request.POST.get("preview_scope", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rule_preview_progress(request: HttpRequest, name: str) -> HttpResponse:
    """How far one's preview is, or what it found; a POST has one that failed judged again."""
    if request.method == "POST":
        jobs.again(name, _user(request).pk)
    job = jobs.find(name, _user(request).pk)
    return _answer(request, Panel(lost=True) if job is None else _of_job(name, job))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rule_test(request: HttpRequest, identifier: str) -> HttpResponse:
    """What a saved rule would have done in the last 24 hours (`hours=168`: seven days); posted with the fields of its
    form, what that unsaved edit would have."""
    rule = _rule(identifier)
    given = request.POST if request.method == "POST" else request.GET
    length = SPANS.get(given.get("hours", ""), DAY)
    spec = _content(request, rule)
    if isinstance(spec, dict):
        return _answer(request, _refused(spec), status=200 if is_htmx(request) else 422)
    panel = _panel(request, spec, rule, length, given.get("preview_scope", ""))
    if is_htmx(request):
        return _answer(request, panel)
    here = reverse("rule_test", args=[identifier])
    context = {
        "panel": panel,
        "rule": rule,
        "spec": spec,
        "is_edit": _has_form(request),
        "ranges": _ranges(here, length),
        "hours": length // timedelta(hours=1),
        "crumbs": [("Rules", reverse("rule_list")), (identifier, reverse("rule", args=[identifier])), ("Test", None)],
    }
    return render(request, "detections/rule_preview/test.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rules_test(request: HttpRequest) -> HttpResponse:
    """The test of several rules, named by `rule` or by their ids as `row`, each loaded by itself."""
    given = request.POST if request.method == "POST" else request.GET
    wanted = [*dict.fromkeys([*filter(storable, given.getlist("rule")), *_of_rows(given.getlist("row"))])]
    known = {each.rule.identifier: each for each in queries.known_rules(wanted)} if wanted else {}
    length = SPANS.get(given.get("hours", ""), DAY)
    named = QueryDict(mutable=True)
    named.setlist("rule", wanted[:MOST_RULES])
    context = {
        "rules": [known[name] for name in wanted if name in known][:MOST_RULES],
        "unknown": [name for name in wanted if name not in known],
        "left_out": wanted[MOST_RULES:],
        "most": MOST_RULES,
        "hours": length // timedelta(hours=1),
        "ranges": _ranges(f"{reverse('rules_test')}?{named.urlencode()}", length),
        "crumbs": [("Rules", reverse("rule_list")), ("Test", None)],
    }
    return render(request, "detections/rule_preview/tests.html", context)


def _of_rows(values: list[str]) -> list[str]:
    """The identifiers of the rules with these ids, as a list posts or sends them; other values have none."""
    numbers = [value for value in values[:MAX_PAGE_SIZE] if value.isascii() and value.isdigit()]
    pks = [int(number) for number in numbers if len(number) <= bulk.PK_DIGITS]
    known = dict(Rule.objects.filter(pk__in=pks).values_list("pk", "identifier")) if pks else {}
    return [known[pk] for pk in pks if pk in known]


def _has_form(request: HttpRequest) -> bool:
    """Whether the fields of a rule's form are posted."""
    return request.method == "POST" and "sources-TOTAL_FORMS" in request.POST


def _content(request: HttpRequest, rule: Rule) -> RuleSpec | dict[str, list[str]]:
    """Of the posted form where there is one; else of the current version."""
    if _has_form(request):
        if not request.user.has_perm(MAY_EDIT):
            raise PermissionDenied
        return spec_of_form(request.POST, rule)
    found = queries.known_rules([rule.identifier])
    if not found:
        return {"__all__": ["The current version of this rule can no longer be read, so nothing can be judged by it."]}
    return found[0].spec


def _panel(request: HttpRequest, spec: RuleSpec, rule: Rule | None, length: timedelta, scope: str) -> Panel:
    """Of a large one how far it is, where Redis answers."""
    now = clock.now()
    asked = run.asked(spec, rule, now, length, scope)
    if run.is_large(asked) and (job := jobs.start(_user(request).pk, asked)):
        found = jobs.find(job, _user(request).pk)
        return Panel(job=job) if found is None else _of_job(job, found)
    return _shown(run.at_once(asked, now), f"preview-{rule.pk if rule else 'new'}")


def _of_job(name: str, job: jobs.Job) -> Panel:
    if job.failed or not job.done:
        return Panel(outcome=job.outcome, job=name, failed=job.failed)
    return _shown(job.outcome, "preview")


def _refused(errors: dict[str, list[str]]) -> Panel:
    """The errors under the labels of their fields; '' where they are of several."""
    fields = RuleForm.base_fields
    labels = {name: str(fields[name].label or pretty_name(name)) if name in fields else "" for name in errors}
    return Panel(errors=[(labels[name], messages) for name, messages in errors.items()])


def _shown(outcome: PreviewOutcome | None, key: str) -> Panel:
    chart = view(replace(outcome.chart, key=f"{key}-chart")) if outcome and outcome.chart else None
    return Panel(outcome, chart)


def _answer(request: HttpRequest, panel: Panel, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"panel": panel, "alone": not is_htmx(request)}
    if is_htmx(request):
        return fragment(request, "detections/rule_preview/_panel.html", context, status=status)
    context["crumbs"] = [("Rules", reverse("rule_list")), ("Preview", None)]
    return render(request, "detections/rule_preview/page.html", context, status=status)


def _ranges(here: str, length: timedelta) -> list[tuple[str, str, bool]]:
    """(label, address, whether it is shown) of the spans, for the page's segments."""
    joined = "&" if "?" in here else "?"
    return [(label, f"{here}{joined}hours={hours}", length == SPANS[hours]) for hours, label in LABELS.items()]


def _rule(identifier: str) -> Rule:
    rule = queries.rule_named(identifier)
    if rule is None:
        raise Http404
    return rule


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
