"""URL patterns of the actions of incidents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
