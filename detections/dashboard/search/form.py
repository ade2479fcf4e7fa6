"""Filters of a list whose text is a search in the language of docs/search.md."""

from __future__ import annotations

from functools import cached_property

from django.urls import reverse_lazy

from detections.telemetry.search.keys import Domain, SearchKey, keys_of
from detections.telemetry.search.language import MAX_LENGTH
from detections.telemetry.search.translate import Search
from opsconsole.lib.web.lists.filters import FilterForm, SearchFilter


def language_filter(domain: Domain, *, label: str, placeholder: str, initial: str = "", **more: str) -> SearchFilter:
    """The field of the search."""
    return SearchFilter(
        label=label,
        placeholder=placeholder,
        initial=initial,
        most=MAX_LENGTH,
        completion=reverse_lazy("search_words", args=[domain.name.lower()]),
        aria_describedby="search-help",
        autocomplete="off",
        **more,
    )


class SearchForm(FilterForm):
    """Filters with the search `q`."""

    domain = Domain.ISSUES

    @cached_property
    def search(self) -> Search:
        """The search, understood."""
        raise NotImplementedError

    @property
    def search_keys(self) -> list[SearchKey]:
        """The keys that the help lists."""
        return list(keys_of(self.domain))

    @property
    def searches_tags(self) -> bool:
        """Whether tags are searched, too."""
        return self.domain is not Domain.ROUTES

    def remark_on_search(self) -> None:
        """Adds remarks on what of the search is wrong or not there, and on filters that it overrides."""
        search = self.search
        self.remarks += search.problems
        if search.broken:
            self.remarks.append("Nothing is shown until the search is understood.")
        elif search.left_out:
            self.remarks.append("What was not understood was left out.")
        self.remarks += search.remarks
        for name in ("project", "environment"):
            ours, theirs = ", ".join(search.only.get(name, ())), self.chosen.get(name, "")
            if ours and theirs and ours != theirs:
                self.remarks.append(f"{name.capitalize()} is in the search (“{ours}”) and chosen; the search counts.")

    def chosen_beside(self, name: str) -> str:
        """The choice of a filter, empty where the search says it."""
        return "" if name in self.search.only else str(self.chosen[name])
