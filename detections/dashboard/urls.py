"""URL patterns of the dashboard."""

from django.urls import path

from bootstrap.importer.editing import views as editing
from bootstrap.urls import RUN
from detections.dashboard.alert_chart import views as alerts
from detections.dashboard.checklists import views as checklists
from detections.dashboard.checklists.plan_item import plan_item
from detections.dashboard.checklists.rules_naming import rules_naming
from detections.dashboard.environments import views as environments
from detections.dashboard.issues import views as issues
from detections.dashboard.overview import views as overview
from detections.dashboard.probes.urls import urlpatterns as probes
from detections.dashboard.routes import views as routes
from detections.dashboard.rule_form import views as rule_form
from detections.dashboard.rule_preview import views as rule_preview
from detections.dashboard.search import views as search

# Items are edited below the rules; what rules say of them is read here.
RULES = {"rules_naming": rules_naming}

urlpatterns = [
    *probes,
    path("runbooks/<str:slug>/edit/item/", editing.edit_item, RULES, name="runbook_edit_item"),
    path("runbooks/<str:slug>/edit/store/", editing.store, RULES, name="runbook_edit_store"),
    path("", overview.overview, name="overview"),
    path("banner/", overview.banner, name="banner"),
    path("blind-spots/environments/<int:pk>/", environments.link, name="environment_link"),
    path(RUN, checklists.run, name="checklist_run"),
    path(f"{RUN}items/<int:item>/", checklists.item, name="checklist_item"),
    path(f"{RUN}items/<int:item>/plan/", plan_item, name="checklist_plan_item"),
    path(f"{RUN}items/<int:item>/sign/", checklists.sign_item, name="checklist_sign"),
    path(f"{RUN}items/<int:item>/take-back/", checklists.take_back_item, name="checklist_take_back"),
    path(f"{RUN}items/<int:item>/not-applicable/", checklists.leave_out_item, name="checklist_not_applicable"),
    path(f"{RUN}sections/<int:section>/not-applicable/", checklists.leave_out, name="checklist_leave_out"),
    path(f"{RUN}items/<int:item>/waive/", checklists.waive_item, name="checklist_waive"),
    path("alerts/<int:pk>/chart/", alerts.alert_chart, name="alert_chart"),
    path("routes/", routes.route_list, name="route_list"),
    path("routes/<int:pk>/", routes.route, name="route"),
    path("rules/routes/", rule_form.rule_routes, name="rule_routes"),
    path("rules/told/", rule_form.rule_told, name="rule_told"),
    path("rules/new/for-route/<int:pk>/", rule_form.rule_for_route, name="rule_for_route"),
    path("rules/new/for-issue/<int:pk>/", rule_form.rule_for_issue, name="rule_for_issue"),
    path("rules/preview/", rule_preview.rule_preview, name="rule_preview"),
    path("rules/preview/<str:name>/", rule_preview.rule_preview_progress, name="rule_preview_progress"),
    path("rules/test/", rule_preview.rules_test, name="rules_test"),
    path("rules/<str:identifier>/test/", rule_preview.rule_test, name="rule_test"),
    path("search/<str:domain>/words/", search.search_words, name="search_words"),
    path("issues/", issues.issue_list, name="issue_list"),
    path("issues/bulk/", issues.issues_bulk, name="issues_bulk"),
    path("issues/<int:pk>/", issues.issue, name="issue"),
    path("issues/<int:pk>/status/", issues.issue_status, name="issue_status"),
    path("issues/<int:pk>/events/", issues.issue_events, name="issue_events"),
    path("issues/<int:pk>/events/<uuid:event_id>/", issues.issue, name="issue_event"),
    path("issues/<int:pk>/events/<uuid:event_id>/json/", issues.issue_raw, name="issue_raw"),
]
