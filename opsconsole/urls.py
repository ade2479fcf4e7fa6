"""The map of addresses; each package brings its own."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from opsconsole import views
from opsconsole.api import api

# The admin uses the console's login, so that throttling, TOTP and passkeys apply there too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = views.server_error

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
    path("api/v1/", api.urls),
    path("api/0/", views.no_sentry_api),
    path("api/0/<path:rest>", views.no_sentry_api),
    path("api/<int:project>/<path:rest>", views.no_ingest_address),
    path("accounts/", include("opsconsole.accounts.urls")),
    # The admin's own form would take any number of wrong passwords.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("", include("bootstrap.urls")),
    path("", include("detections.urls")),
]
