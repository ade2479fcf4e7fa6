"""List pages: each list declares its columns, sorts, filters and bulk actions; this package does the rest.

In: a `ListSpec` and a query string. Out: a page of rows with its links. Filters, sort and position are in the URL; the
page reports parameters that are not understood. docs/ui.md shows how to write a list, docs/decisions/0012-lists.md why
it is built like this.
"""
