"""URL patterns of alerts and routing."""

from django.urls import path

from detections.alerts import views
from detections.alerts.summary import views as summaries

urlpatterns = [
    path("alerts/", views.alerts, name="alert_list"),
    path("alerts/bulk/", views.alerts_bulk, name="alerts_bulk"),
    path("alerts/<int:pk>/", views.alert, name="alert"),
    path("alerts/<int:pk>/acknowledge/", views.alert_acknowledge, name="alert_acknowledge"),
    path("alerts/<int:pk>/resolve/", views.alert_resolve, name="alert_resolve"),
    path("alerts/summaries/", summaries.summary_list, name="summary_list"),
    path("alerts/summaries/<str:day>/", summaries.summary, name="summary"),
    path("routing/", views.routing, name="routing"),
]
