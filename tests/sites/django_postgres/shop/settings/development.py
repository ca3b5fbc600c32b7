"""Settings on the desk."""

from .base import *

DEBUG = True
SECRET_KEY = "not a secret"
ALLOWED_HOSTS = ["*"]
