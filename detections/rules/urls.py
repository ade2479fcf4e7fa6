"""URL patterns of rules."""

from django.urls import path

from detections.rules import act_views, edit_views, views
from detections.rules.acts import RULE_ACTS

urlpatterns = [
    path("rules/", views.rules, name="rule_list"),
    path("rules/bulk/", act_views.rules_bulk, name="rules_bulk"),
    *(path(f"rules/acts/{act}/", act_views.rule_act, {"act": act}, name=f"rule_{act}") for act in RULE_ACTS),
    path("rules/new/", edit_views.rule_new, name="rule_new"),
    path("rules/changes/", edit_views.rule_changes, name="rule_changes"),
    path("rules/identifier/", edit_views.rule_identifier, name="rule_identifier"),
    path("rules/<str:identifier>/", views.rule, name="rule"),
    path("rules/<str:identifier>/edit/", edit_views.rule_edit, name="rule_edit"),
    path("rules/<str:identifier>/versions/<int:number>/restore/", edit_views.rule_restore, name="rule_restore"),
    path("rules/<str:identifier>/fixtures/", views.rule_fixtures, name="rule_fixtures"),
]
