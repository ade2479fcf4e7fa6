"""Requests with values that nobody means."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def get(client: Client, address: str, sent: str) -> int:
    """The status. The query goes as it is: the test client would encode it properly."""
    client.raise_request_exception = False
    path, _, own = address.partition("?")
    return int(client.get(path, QUERY_STRING="&".join(filter(None, (own, sent)))).status_code)


def changelist(model: type[Model]) -> str:
    return of_admin(model, "changelist")


def of_admin(model: type[Model], page: str, *args: object) -> str:
    """The address of a page of the admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
