"""Runbooks as their authors wrote them: markdown, version by version.

In: content of the first start, imports. Out: the source that checklists, policies and incidents were read from.
Promises: a version never changes; the same text is never stored twice.
"""
