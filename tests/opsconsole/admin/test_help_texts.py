"""Help texts and labels: the admin and the forms show them as HTML, so that `<name>` in them would vanish."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django import forms
from django.apps import apps
from django.urls import get_resolver

NO_TAG = re.compile("<(?!/?(code|ul|li)>)")
OURS = ("accounts", "bootstrap", "detections")


def texts_of_models() -> Iterator[tuple[str, str]]:
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.get_fields():
                for name in ("help_text", "verbose_name"):
                    yield f"{model.__name__}.{field.name}", str(getattr(field, name, ""))


def subclasses(form: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for each in form.__subclasses__():
        yield each
        yield from subclasses(each)


def texts_of_forms() -> Iterator[tuple[str, str]]:
    get_resolver().url_patterns  # noqa: B018 - imports the views, and these the forms
    for form in subclasses(forms.BaseForm):
        if form.__module__.startswith(("opsconsole.", "bootstrap.", "detections.")):
            for name, field in getattr(form, "base_fields", {}).items():
                yield f"{form.__name__}.{name}", f"{field.help_text}{field.label or ''}"


def test_no_help_text_or_label_has_angle_brackets() -> None:
    texts = [*texts_of_models(), *texts_of_forms()]
    assert len(texts) > 200
    assert [(name, text) for name, text in texts if NO_TAG.search(text)] == []
