"""The map of addresses; each package brings its own."""

from django.contrib import admin
from django.urls import include, path

from opsconsole import views

urlpatterns = [
    path("healthz", views.healthz),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("bootstrap.urls")),
    path("", include("detections.urls")),
]
