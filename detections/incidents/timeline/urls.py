"""URL patterns of the timeline of incidents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
