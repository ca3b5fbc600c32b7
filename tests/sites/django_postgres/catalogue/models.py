"""Products, and who ordered them."""

from django.conf import settings
from django.db import models


class Product(models.Model):
    """One that can be ordered."""

    name = models.CharField(max_length=100)
    price_cents = models.PositiveIntegerField()

    def get_absolute_url(self):
        return f"/products/{self.pk}/"


class Order(models.Model):
    """One product, ordered once."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    made = models.DateTimeField(auto_now_add=True)
