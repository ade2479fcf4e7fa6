"""The clients of the API's own tests."""

from tests.api.conftest import owner, reader, with_token, writer

__all__ = ["owner", "reader", "with_token", "writer"]
