"""The forms of environments in the admin: usual aliases for new ones, no name of two environments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bootstrap.systems.add_environment import names_in
from bootstrap.systems.environment_names import USUAL, folded, usual_aliases
from bootstrap.systems.models import Environment, System

_GROUPS = "; ".join(", ".join(names) for names in USUAL)


class EnvironmentForm(forms.ModelForm[Environment]):
    """A new environment whose aliases are left empty gets the usual ones; an existing one keeps what is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and "aliases" in self.fields:
            self.fields["aliases"].help_text = (
                f"Other names that events may carry, comma-separated. Left empty: the usual ones ({_GROUPS}) that no "
                "other environment of the system has."
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        system = data.get("system") or (self.instance.system_id and self.instance.system)
        if not self.instance.pk and data.get("slug") and not data.get("aliases"):
            known = system.environments.all() if isinstance(system, System) and system.pk else ()
            data["aliases"] = usual_aliases(data["slug"], names_in(known) | self.taken)
        return data

    @property
    def taken(self) -> set[str]:
        """Names that other rows of the page claim; the inline of a system sets it."""
        return getattr(self, "_taken", set())

    @taken.setter
    def taken(self, names: set[str]) -> None:
        self._taken = names


class EnvironmentFormSet(forms.BaseInlineFormSet[Environment, System, forms.ModelForm[Environment]]):
    """The environments of one system, which are saved together: each is checked against the others of the page, too."""

    def _construct_form(self, i: int, **kwargs: Any) -> EnvironmentForm:
        form: EnvironmentForm = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if self.is_bound:
            others = [at for at in range(self.total_form_count()) if at != i]
            form.taken = {folded(name) for at in others for name in self._claimed(at, filled=at < i)}
        return form

    def _claimed(self, at: int, *, filled: bool) -> list[str]:
        """Slug and aliases of a row as they were sent; `filled`: with the usual ones that an empty field gets."""
        prefix = self.add_prefix(at)
        slug = str(self.data.get(f"{prefix}-slug", ""))
        aliases = [each for each in str(self.data.get(f"{prefix}-aliases", "")).split(",") if each.strip()]
        return [slug, *(aliases or (usual_aliases(slug) if filled else []))]

    def clean(self) -> None:
        super().clean()
        owner: dict[str, str] = {}
        for form in self.forms:
            if not hasattr(form, "cleaned_data") or form.cleaned_data.get("DELETE") or not form.instance.slug:
                continue
            for name in form.instance.names:
                if name in owner:
                    raise ValidationError(
                        f"{owner[name]} and {form.instance.slug} are both called {name}: a name belongs to one "
                        "environment."
                    )
                owner[name] = form.instance.slug
