"""The one pattern of list pages: columns, sorts, filters, pages and bulk actions that a list declares.

In comes a `ListSpec` and a query string, out goes a page of rows with the links around it. Filters, sort and place in
the list live in the address; what an address says that is not understood is reported on the page. How a list is
written: docs/ui.md. Why it is built like this: docs/decisions/0012-lists.md.
"""
