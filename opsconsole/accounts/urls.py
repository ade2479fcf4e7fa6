"""Login, logout, password change, second factor.

The other views of allauth send mail, which a new console is not configured for: there is no sign-up and no reset by
mail. An administrator sets a new password in the admin or with `bin/manage changepassword`.
"""

from allauth.account import views
from django.urls import include, path

from opsconsole.accounts.views import (
    LimitedLoginView,
    LimitedPasswordChangeView,
    LimitedReauthenticateView,
    no_password,
)

urlpatterns = [
    path("login/", LimitedLoginView.as_view(), name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", LimitedReauthenticateView.as_view(), name="account_reauthenticate"),
    path("password/change/", LimitedPasswordChangeView.as_view(), name="account_change_password"),
    path("password/none/", no_password, name="account_no_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
