"""URL patterns of alerts and routing."""

from django.urls import path

from detections.alerts import views

urlpatterns = [
    path("alerts/", views.alerts, name="alert_list"),
    path("alerts/bulk/", views.alerts_bulk, name="alerts_bulk"),
    path("alerts/<int:pk>/", views.alert, name="alert"),
    path("alerts/<int:pk>/acknowledge/", views.alert_acknowledge, name="alert_acknowledge"),
    path("alerts/<int:pk>/resolve/", views.alert_resolve, name="alert_resolve"),
    path("alerts/<int:pk>/disposition/", views.alert_disposition, name="alert_disposition"),
    path("routing/", views.routing, name="routing"),
]
