"""How the shop is deployed today."""

bind = "0.0.0.0:8000"
workers = 3
backlog = 512
timeout = 20
