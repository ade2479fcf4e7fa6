"""URL patterns of the postmortem of incidents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
