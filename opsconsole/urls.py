"""The map of addresses; each package brings its own."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from opsconsole import views
from opsconsole.api import api

# The admin uses the console's login, so that throttling, TOTP and passkeys apply there too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
    path("api/v1/", api.urls),
    path("accounts/", include("opsconsole.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("bootstrap.urls")),
    path("", include("detections.urls")),
]
