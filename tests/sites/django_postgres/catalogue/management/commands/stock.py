"""The command that fills the shop."""

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from catalogue.models import Product

CUSTOMERS = 5


class Command(BaseCommand):
    """Puts products on the shelves, and lets customers in."""

    def handle(self, *args, **options):
        Product.objects.bulk_create(Product(name=f"Product {n}", price_cents=100 + n) for n in range(200))
        for number in range(CUSTOMERS):
            User.objects.create_user(f"customer{number}", password="a password")
