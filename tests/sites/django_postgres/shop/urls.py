"""The shop's pages."""

from catalogue import views
from django.contrib.auth.views import LoginView
from django.urls import path

urlpatterns = [
    path("", views.index, name="index"),
    path("products/<int:number>/", views.product, name="product"),
    path("orders/", views.orders, name="orders"),
    path("login/", LoginView.as_view(template_name="catalogue/login.html"), name="login"),
]
