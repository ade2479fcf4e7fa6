"""URL patterns of the updates of incidents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
