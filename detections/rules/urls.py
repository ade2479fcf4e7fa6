"""URL patterns of rules."""

from django.urls import path

from detections.rules import views
from detections.rules.rule_form.names import rule_names

urlpatterns = [
    path("rules/", views.rules, name="rule_list"),
    path("rules/names/", rule_names, name="rule_names"),
    path("rules/<str:identifier>/", views.rule, name="rule"),
    path("rules/<str:identifier>/fixtures/", views.rule_fixtures, name="rule_fixtures"),
    path("rules/<str:identifier>/mode/", views.rule_mode, name="rule_mode"),
]
