"""Addresses of the API's operations."""

import re


def address(path: str, value: str) -> str:
    """The path of the OpenAPI document with `value` in each of its places."""
    return re.sub(r"{\w+}", value, path)
