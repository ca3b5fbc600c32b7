"""As the shop is deployed."""

bind = "0.0.0.0:8000"
workers = 3
timeout = 20
accesslog = "-"
