"""What the shop answers."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render

from catalogue.models import Order, Product


def index(request):
    """Show the first products."""
    return render(request, "catalogue/index.html", {"products": Product.objects.order_by("name")[:20]})


def product(request, number):
    """Tell of one product, as JSON."""
    found = get_object_or_404(Product, pk=number)
    return JsonResponse({"name": found.name, "price_cents": found.price_cents})


@login_required
def orders(request):
    """Show the orders of a customer, or take one more."""
    if request.method == "POST":
        Order.objects.create(product_id=int(request.POST["product"]), customer=request.user)
        return redirect("orders")
    number = Order.objects.filter(customer=request.user).count()
    return render(request, "catalogue/orders.html", {"number": number, "all": Order.objects.count()})
