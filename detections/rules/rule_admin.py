"""The admin of rules: the form of the rule's page, and the same acts; saving makes a version."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detections.rules import acts, page, queries
from detections.rules.lifecycle.publish import GuardrailError, VersionConflict
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Rule
from detections.rules.rule_form import layout, review
from detections.rules.rule_form.form import RuleForm
from detections.rules.rule_form.saving import save
from detections.rules.silence_models import with_mutes
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.text.humanize import utc
from opsconsole.lib.web.paging import MAX_PAGE_SIZE

OTHER_BUTTONS = ("_continue", "_addanother")


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin[Rule]):
    """Saving makes a version through `publish`; the history tab shows versions with what each changed."""

    form = RuleForm
    fieldsets = ((None, {"fields": tuple(RuleForm.base_fields)}),)
    save_as = True
    list_display = ("identifier", "title", "category", "mode_shown", "owner", "version", "page")
    list_filter = ("mode", "category")
    list_select_related = ("current",)
    search_fields = ("identifier", "title", "owner")
    search_help_text = "Searches identifier, name and owner."
    show_facets = admin.ShowFacets.ALLOW
    actions = ("arm", "mute", "shadow", "draft", "retire", "test")
    object_history_template = "admin/detections/rule/versions.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return with_mutes(super().get_queryset(request))

    @admin.display(description="state", ordering="mode")
    def mode_shown(self, rule: Rule) -> str:
        mode = mode_now(rule, clock.now())
        if mode == "muted" and rule.muted_until:
            return f"Muted until {utc(rule.muted_until)}"
        return rule.get_mode_display()

    @admin.display(description="version", ordering="current__number")
    def version(self, rule: Rule) -> str:
        return f"v{rule.current.number}" if rule.current else "none"

    @admin.display(description="page")
    def page(self, rule: Rule) -> SafeString:
        return format_html('<a href="{}">Open</a>', reverse("rule", args=[rule.identifier]))

    def view_on_site(self, rule: Rule) -> str:
        return reverse("rule", args=[rule.identifier])

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return False  # versions and alerts refer to it: retire it instead

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; who may only look is led to the rule's page. Overtaken by another's save, it is checked again."""
        rule = self.get_object(request, object_id) if object_id else None
        if rule and request.method == "GET" and not self.has_change_permission(request, rule):
            return HttpResponseRedirect(self.view_on_site(rule))
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (VersionConflict, GuardrailError):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Adds what the template of the form needs."""
        form = context["adminform"].form
        context.update(layout.context(form))
        if form.conflict:
            context.update(review.conflict_context(form))
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        saved = save(form, clock.now(), request.user)
        obj.pk = saved.version.rule_id
        obj.refresh_from_db()
        self.message_user(request, saved.sentence, messages.SUCCESS if saved.changed else messages.INFO)

    def response_add(self, request: HttpRequest, obj: Rule, post_url_continue: str | None = None) -> HttpResponse:
        return self._to_page(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Rule) -> HttpResponse:
        return self._to_page(request, obj) or super().response_change(request, obj)

    def _to_page(self, request: HttpRequest, rule: Rule) -> HttpResponse | None:
        """To the rule's page, where `save_model` says what is different; None where another button was pressed."""
        return (
            None
            if any(name in request.POST for name in OTHER_BUTTONS)
            else HttpResponseRedirect(self.view_on_site(rule))
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        shown = page.versions(queries.versions_of(rule)) if rule else []
        more = {"versions": shown, "may_edit": self.has_change_permission(request, rule)}
        return super().history_view(request, object_id, {**(extra_context or {}), **more})

    @admin.action(description="Activate…", permissions=["change"])
    def arm(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "arm")

    @admin.action(description="Mute…", permissions=["change"])
    def mute(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "mute")

    @admin.action(description="Only record (shadow)…", permissions=["change"])
    def shadow(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "shadow")

    @admin.action(description="Back to draft…", permissions=["change"])
    def draft(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "draft")

    @admin.action(description="Retire…", permissions=["change"])
    def retire(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "retire")

    @admin.action(description="Test against the last 24 hours", permissions=["view"])
    def test(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse:
        chosen = rules.order_by("identifier").values_list("pk", flat=True)[:MAX_PAGE_SIZE]
        return HttpResponseRedirect(f"{reverse('rules_test')}?{urlencode({'row': list(chosen)}, doseq=True)}")

    def _confirmed(self, request: HttpRequest, rules: QuerySet[Rule], name: str) -> HttpResponse | None:
        """Asks for confirmation on a page of its own, then acts on each rule."""
        assert isinstance(request.user, User)
        act, confirmed = acts.RULE_ACTS[name], "confirmed" in request.POST
        form = act.form(request.POST if confirmed else None) if act.form else None
        now, chosen = clock.now(), list(rules)
        if not confirmed or (form and not form.is_valid()):
            context = {
                **self.admin_site.each_context(request),
                "title": f"{act.label}?",
                "rules": [(rule, mode_now(rule, now)) for rule in chosen],
                "act": act,
                "form": form,
                "opts": self.model._meta,
            }
            return TemplateResponse(request, "admin/detections/rule/confirm.html", context)
        done, refused = acts.perform(act, chosen, now, request.user, form)
        for sentence in refused:
            self.message_user(request, sentence, messages.ERROR)
        for rule in done:
            self.log_change(request, rule, f"{act.label}.")
            self.message_user(request, f"{rule} is {act.done}.", messages.SUCCESS)
        return None
