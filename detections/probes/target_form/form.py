"""The form of a target: typed fields in place of JSON, judged by the probe, each problem at its field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from bootstrap.checklists.models import Checklist
from detections.probes.definition import NUMBERS, ProbeSecrets, sealed, secrets_of
from detections.probes.models import ProbeTarget
from detections.probes.pace import length_problem, window_problem
from detections.probes.program import probe
from detections.probes.target_form import written
from detections.probes.target_form.fields import TargetFields
from detections.probes.target_form.from_file import body_values, looks_secret, split_values
from detections.probes.target_form.reach import Reach, asked, host_of, in_words, networks, origin_of, reach_of, within
from opsconsole.accounts.models import User
from opsconsole.lib.outbound.guard import OutboundRefused, check_url, system_lookup
from opsconsole.lib.sealed import SealBroken
from opsconsole.lib.web.secret_input import SecretLines, removal

TOKEN = re.compile(r"[\x21-\x7e]{1,4000}")
ADMINS = "Admin"  # the group
UNKNOWN = "the secrets that cannot be opened"


class ProbeTargetForm(TargetFields, forms.ModelForm[ProbeTarget]):
    """What the file of a target has, and where, how often and with which secrets it is probed.

    A secret is never shown again; an empty one keeps what is stored, as long as it is sent to where it was.
    """

    user: User | None = None  # who saves it: only an administrator lets a target reach internal addresses

    class Meta:
        model = ProbeTarget
        fields = (
            *("name", "slug", "project_environment", "enabled", "interval_minutes", "base", "endpoint", "method"),
            *("headers", "body", "debug_headers", "policy_debug", "expect_json", "ok_statuses", "connection"),
            *NUMBERS,
            *("webhook_url", "opens_checklist"),
        )
        labels = {
            "ok_statuses": "OK statuses",
            "expect_json": "Expect JSON",
            "webhook_url": "Webhook URL",
            "interval_minutes": "Minutes between runs",
            "timeout_ms": "Timeout in ms",
            "retry_count": "Retries",
            "retry_backoff_ms": "Wait in ms",
            "window_minutes": "Window in minutes",
        }
        help_texts = {
            "slug": "Names it in addresses, alerts and the gate. It stays as it is once the target is saved.",
            "expect_json": "An answer that is no JSON is a failed sample.",
            "ok_statuses": "From 200 to 299, e.g. 200, 204. Empty: 200.",
            "connection": "A fresh one measures the whole way of a new client, a kept one the service alone.",
            "policy_debug": "Send the debug headers, and keep each answer's meta in the rows.",
            "window_minutes": "Two failing runs within it are elevated failures. Longer than between runs, to 1440.",
            "webhook_url": "Is told of warn and high checks, e.g. https://hooks.example.com/rollout",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.notes: list[str] = []  # to be said once it is saved
        self.newly_allowed = False
        self.secret_acts: list[str] = []
        if self.instance.pk:
            own = {**body_values(self.instance.body), **split_values(self.instance.split)}
            self.initial.update(
                {name: value for name, value in own.items() if name not in (options.get("initial") or {})}
            )
        self._set_up_checklists()
        self._set_up_secrets()
        self._set_up_reach()

    def _set_up_checklists(self) -> None:
        known = [("", "None"), *((each.slug, each.title) for each in Checklist.objects.order_by("title"))]
        stored = self.instance.opens_checklist
        gone = [(stored, f"{stored} (is not there)")] if stored and stored not in dict(known) else []
        if isinstance(field := self.fields.get("opens_checklist"), forms.ChoiceField):
            field.choices = [*known, *gone]

    def _set_up_secrets(self) -> None:
        self.broken = False  # stored, but with a key that is not known any more
        try:
            self.stored = secrets_of(self.instance)
        except SealBroken as error:
            self.stored, self.broken = ProbeSecrets({}), True
            self.fields["secret_headers"].help_text = f"{error} What is entered replaces all of them."
            self.fields["secret_headers"].widget.stored = (UNKNOWN,)
            return
        self.fields["secret_headers"].widget.stored = tuple(self.stored.headers)
        if self.stored.headers:
            names = ", ".join(self.stored.headers)
            self.fields["secret_headers"].help_text = f"Set: {names}. Lines add to these or replace them."
        if self.stored.webhook_token:
            self.fields["webhook_token"].widget.stored = True
            self.fields["webhook_token"].help_text = "Set; leave empty to keep it."

    def _set_up_reach(self) -> None:
        """Boxes for what is allowed now, ticked, and for what was ticked in this request."""
        host = host_of(self.instance.base) if self.instance.pk else ""
        stored = [f"{host} {each}" for each in self.instance.allow]
        self.initial["reach"] = stored
        posted = self.data.getlist("reach") if self.is_bound and hasattr(self.data, "getlist") else []
        self._offer([*stored, *(each for each in posted if networks(each.split(" ")[1:2]))])
        if stored and self.instance.allowed_at:
            self.fields["reach"].help_text = (
                f"Allowed by {self.instance.allowed_by_name} at {self.instance.allowed_at:%Y-%m-%d %H:%M} UTC. "
                "Another host in the base asks again."
            )

    def _offer(self, boxes: Iterable[str]) -> None:
        field = self.fields["reach"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(each, in_words(each)) for each in dict.fromkeys(boxes)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._clean_body(data)
        self._clean_split(data)
        for name in ("name", "base", "endpoint", "headers", "debug_headers", "body", *NUMBERS):
            if name in data:
                self._judge(name, name, data[name])
        if data.get("ok_statuses"):
            self._judge("ok_statuses", "ok_statuses", data["ok_statuses"])
        if data.get("method") == "HEAD" and data.get("expect_json"):
            self.add_error("expect_json", "An answer to HEAD has no body: untick it.")
        self._clean_plain_headers(data)
        self._clean_webhook(data)
        self._clean_secrets(data)
        self._clean_reach(data)
        self._clean_pace(data)
        return data

    def _judge(self, field: str, name: str, value: Any) -> bool:
        """Let the probe judge one field of the file, with others that are fine."""
        try:
            probe.read_target({"name": "target", "base": "https://target.example", name: value})
        except probe.ProbeError as error:
            text = re.sub(r"^(target|split|--base): |^--base ", "", str(error))
            self.add_error(field, f"{text[:1].upper()}{text[1:]}.")
            return False
        return True

    def _clean_body(self, data: dict[str, Any]) -> None:
        text = written.newlines(data.get("body") or "")
        data["body"] = text or None
        if data.get("body_kind") == "json" and text.strip():
            try:
                data["body"] = written.read_json(text)
            except written.CannotRead as error:
                self.add_error("body", str(error))

    def _clean_split(self, data: dict[str, Any]) -> None:
        variants, header = data.get("split_variants"), data.get("split_header", "").strip()
        if variants and not header:
            self.add_error("split_header", "Name the header in which answers say their variant.")
        if variants is None or not header:
            self.instance.split = None
            return
        split: dict[str, Any] = {"header": header, **({"variants": variants} if variants else {})}
        for name in ("min_samples", "window_hours"):
            if data.get(f"split_{name}") is not None:
                value = data[f"split_{name}"]
                if self._judge(f"split_{name}", "split", {"header": "x-variant", name: value}):
                    split[name] = value
        if self._judge("split_header", "split", {"header": header}):
            self._judge("split_variants", "split", {"header": header, "variants": variants})
        self.instance.split = split

    def _clean_plain_headers(self, data: dict[str, Any]) -> None:
        for field in ("headers", "debug_headers"):
            for name, value in (data.get(field) or {}).items():
                if looks_secret(name, value):
                    self.add_error(field, f"{name} looks secret: enter it under Secret headers, where it is sealed.")

    def _clean_webhook(self, data: dict[str, Any]) -> None:
        url, token = data.get("webhook_url", ""), data.get("webhook_token", "")
        if token and not TOKEN.fullmatch(token):
            self.add_error("webhook_token", "A token is one word of letters, digits and signs, without blanks.")
        if not url:
            if token:
                self.add_error("webhook_url", "Name the address that gets the token.")
            return
        try:
            probe.check_webhook(url)
            check_url(url, settings.OUTBOUND_ALLOW)
        except probe.ProbeError as error:
            self.add_error("webhook_url", f"{str(error).removeprefix('--webhook-url is ').capitalize()}.")
        except OutboundRefused as error:
            self.add_error("webhook_url", str(error))

    def _clean_secrets(self, data: dict[str, Any]) -> None:
        """What was typed, and what is stored and neither replaced, removed nor sent elsewhere now."""
        typed = self._typed_secrets(data)
        removed = SecretLines.removed(self.data, self.add_prefix("secret_headers"))
        kept = {name: value for name, value in self.stored.headers.items() if name not in removed | typed.keys()}
        if kept and self._moved("base", data):
            self.add_error(
                "secret_headers",
                f"Enter {', '.join(kept)} again or tick the removal, since the base leads to another host.",
            )
        token = data.get("webhook_token", "")
        if not token and data.get("webhook_url") and not self.data.get(removal(self.add_prefix("webhook_token"))):
            token = self.stored.webhook_token  # without an address it goes: else it would go to the next one
            if token and self._moved("webhook_url", data):
                self.add_error("webhook_token", "Enter it again, since it would be sent to another host.")
        for name in (kept.keys() | typed.keys()) & {each.lower() for each in data.get("headers") or {}}:
            self.add_error("headers", f"{name} is a secret header too: give it once.")
        self.secrets = ProbeSecrets({**kept, **typed}, token)
        self.secret_acts = [*self.stored.changes_to(self.secrets)]
        if self.broken and (self.secret_acts or UNKNOWN in removed):
            self.secret_acts = [f"Removed {UNKNOWN}.", *self.secret_acts]

    def _typed_secrets(self, data: dict[str, Any]) -> dict[str, str]:
        try:
            typed = written.read_headers(data.get("secret_headers") or "")
        except written.CannotRead as error:
            self.add_error("secret_headers", str(error))
            return {}
        typed = {name.lower(): value for name, value in typed.items()}
        self._judge("secret_headers", "headers", typed)
        return typed

    def _moved(self, field: str, data: dict[str, Any]) -> bool:
        """Whether the address leads to another host, port or scheme than before."""
        before, now = self.initial.get(field) or "", data.get(field) or ""
        try:
            return bool(before) and origin_of(before) != origin_of(now)
        except ValueError:  # no address: the field says so
            return False

    def _clean_reach(self, data: dict[str, Any]) -> None:
        if "base" in self.errors or not data.get("base"):
            return
        data["base"] = probe.read_base(data["base"])
        origin = origin_of(data["base"])
        ticked = [
            each.removeprefix(f"{origin.host} ") for each in data.get("reach", ()) if each.startswith(f"{origin.host} ")
        ]
        chosen = networks(ticked)
        gone = [str(each) for each in chosen if each not in within([each], settings.OUTBOUND_ALLOW)]
        if gone:
            self.add_error("reach", f"OPSCONSOLE_OUTBOUND_ALLOW does not name {', '.join(gone)}: untick it.")
        reach = reach_of(origin, chosen, settings.OUTBOUND_ALLOW, system_lookup)
        before = set(self.instance.allow) if not self._moved_host(data["base"]) else set()
        allow = [str(each) for each in chosen]
        self.newly_allowed = not before.issuperset(allow)
        if self.newly_allowed and not may_allow(self.user):
            self.add_error("reach", f"Only an administrator (of the group {ADMINS}) lets a target reach this.")
        self._say(origin, reach)
        self.instance.allow = allow

    def _say(self, origin: Any, reach: Reach) -> None:
        if reach.refused:
            self.add_error("base", reach.refused)
        if reach.choices:
            self.add_error("base", asked(origin, reach))
            self._offer(f"{origin.host} {each}" for each in reach.choices)
        if reach.unknown:
            self.notes.append(f"{origin.host} could not be looked up now ({reach.unknown}): each run judges it anew.")

    def _moved_host(self, base: str) -> bool:
        before = self.initial.get("base") if self.instance.pk else ""
        return not before or host_of(before) != host_of(base)

    def _clean_pace(self, data: dict[str, Any]) -> None:
        """A run ends before the next one starts, however slow the service is, and two are within the window."""
        minutes = data.get("interval_minutes")
        if self.errors.keys() & {*NUMBERS, "interval_minutes"} or not minutes or not data.get("enabled"):
            return
        numbers = {name: data[name] for name in NUMBERS}
        if problem := length_problem(probe.read_target({"base": "https://target.example", **numbers}), minutes):
            self.add_error("samples", problem)
        if problem := window_problem(data["window_minutes"], minutes):
            self.add_error("window_minutes", problem)

    def _get_validation_exclusions(self) -> set[str]:
        known: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own
        chosen = self.cleaned_data.get("project_environment")  # a new one is stored with the target
        return {*known, "project_environment"} if chosen and not chosen.pk else known

    def save(self, commit: bool = True) -> ProbeTarget:
        self.instance.secret = sealed(self.secrets) if self.secret_acts else self.instance.secret
        return super().save(commit)


def may_allow(user: User | None) -> bool:
    """Whether this person may let a target reach internal addresses."""
    if user is None or not user.has_perm("detections.change_probetarget"):
        return False
    return user.is_superuser or user.groups.filter(name=ADMINS).exists()
