"""A list of rows on Django's formsets: bounded, in the order that was chosen, without blank and removed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME, ORDERING_FIELD_NAME, BaseFormSet

from opsconsole.lib.web.form_faults import Fault, of_form, target_of

CONTROLS = (ORDERING_FIELD_NAME, DELETION_FIELD_NAME)
BEYOND = 20  # rows that are read beyond the bound, so that what was typed is shown again with the refusal


class RowForm(forms.Form):
    """One row. `unique` names the column whose values differ from row to row, `titled` the one that a card is called
    by; '' for none. `noun` is what its list calls a row."""

    noun = "row"
    unique: ClassVar[str] = ""
    titled: ClassVar[str] = ""

    def has_changed(self) -> bool:
        """Whether anything was entered; its position and the box that removes it are no content."""
        return any(name not in CONTROLS for name in self.changed_data)

    @property
    def columns(self) -> list[forms.BoundField]:
        """The columns with content."""
        return [self[name] for name in self.fields if name not in CONTROLS]

    @property
    def title(self) -> str:
        """What the row is called: the text of its titled column as typed or stored."""
        return str(self[self.titled].value() or "") if self.titled else ""

    @property
    def summary(self) -> str:
        """What a folded card says beside its title."""
        return ""

    @property
    def position(self) -> forms.BoundField:
        return self[ORDERING_FIELD_NAME]

    @property
    def removal(self) -> forms.BoundField:
        return self[DELETION_FIELD_NAME]

    @property
    def removed(self) -> bool:
        """Whether the box that removes it is ticked."""
        return bool(self.is_bound and self.removal.data)

    @property
    def blank(self) -> bool:
        """Whether it is an empty row that nothing was entered in."""
        return not self.has_changed() if self.is_bound else not self.initial


class RowsFormSet(BaseFormSet[RowForm]):
    """Rows of one list. `noun` is what one row is called, `most` how many there may be."""

    noun = "row"
    most = 100

    def add_fields(self, form: RowForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.noun = self.noun
        form.fields[ORDERING_FIELD_NAME].label = "Position"
        form.fields[DELETION_FIELD_NAME].label = "Remove"

    def clean(self) -> None:
        """Raises ValidationError where there are too many rows; names what stands there twice."""
        kept = self.kept
        if len(kept) > self.most:
            raise forms.ValidationError(
                f"At most {self.most} {self.noun}s fit in this form; these are {len(kept)}. "
                "A pack (`rules import`) may have more."
            )
        self._find_doubles(kept)

    def _find_doubles(self, kept: Sequence[RowForm]) -> None:
        seen: set[Any] = set()
        for form in kept if self.form.unique else ():
            value = getattr(form, "cleaned_data", {}).get(self.form.unique)
            if value in seen and value is not None:
                form.add_error(self.form.unique, f"{value} stands there twice.")
            seen.add(value)

    @property
    def in_order(self) -> list[RowForm]:
        """All forms in the order of their positions as entered; those without one, or with none that can be read, keep
        theirs."""
        if not self.is_bound:
            return list(self.forms)
        positions = {form.prefix: _number(form.position.data, index + 1) for index, form in enumerate(self.forms)}
        return sorted(self.forms, key=lambda form: positions[form.prefix])

    @property
    def kept(self) -> list[RowForm]:
        """The rows that were entered and not removed, in their order."""
        return [form for form in self.in_order if form.has_changed() and not form.removed]

    @property
    def values(self) -> list[dict[str, Any]]:
        """What the rows hold. Only of valid rows."""
        kept = [form.cleaned_data for form in self.kept]
        return [{name: value for name, value in data.items() if name not in CONTROLS} for data in kept]

    @property
    def shown(self) -> list[RowForm]:
        """The rows of the page in their order, with one more that is empty where all are filled in."""
        found = self.in_order
        if self.is_bound and not any(form.blank for form in found) and len(found) < self.most:
            found.append(self._empty(str(len(found))))
        return found

    @property
    def filled(self) -> bool:
        """Whether any row is more than an empty one."""
        return any(not form.blank for form in self.forms)

    @property
    def plural(self) -> str:
        """What the rows are called, as a heading."""
        return f"{self.noun.capitalize()}s"

    @property
    def noun_with_article(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def _empty(self, index: str) -> RowForm:
        form = self.form(
            auto_id=self.auto_id, prefix=f"{self.prefix}-{index}", empty_permitted=True, use_required_attribute=False
        )
        self.add_fields(form, None)
        return form

    def faults(self) -> list[Fault]:
        """What is wrong with the rows, each with the input that it is about."""
        found = []
        for number, form in enumerate(self.kept, 1):
            where = f"{self.noun} {number}"
            found += [Fault(target_of(form.columns[0]), where, str(error)) for error in form.non_field_errors()]
            found += [Fault(each.target, f"{where}, {each.label}", each.message) for each in of_form(form)]
        return found

    def messages(self) -> list[str]:
        """What is wrong, a sentence for each, with the number and the column of the row."""
        found = [str(message) for message in self.non_form_errors()]
        for number, form in enumerate(self.kept, 1):
            for name, problems in form.errors.items():
                where = f", {form.fields[name].label}" if name in form.fields else ""
                found += [f"{self.noun.capitalize()} {number}{where}: {problem}" for problem in problems]
        return found


def _number(text: Any, otherwise: int) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return otherwise
