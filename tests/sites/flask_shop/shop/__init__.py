"""A small shop: Flask, an application factory, SQLAlchemy and PyMySQL."""

from __future__ import annotations

import os

import click
from flask import Flask, g, jsonify, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from shop.models import Base, Product, Visit

PRODUCTS = 50


def create_app() -> Flask:
    """Make the application; what it is to be given stands in its environment."""
    app = Flask(__name__)
    app.secret_key = os.environ["SECRET_KEY"]
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["CURRENCY"] = os.getenv("CURRENCY", "EUR")
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], pool_pre_ping=True)

    @app.before_request
    def _open() -> None:
        g.session = Session(engine)

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        g.session.close()

    @app.get("/")
    def home():
        return f"<h1>Shop</h1><p>Prices in {app.config['CURRENCY']}</p>"

    @app.get("/products/")
    def products():
        found = g.session.scalars(select(Product).order_by(Product.name).limit(20))
        return jsonify([{"id": one.id, "name": one.name} for one in found])

    @app.get("/products/<int:number>/")
    def product(number: int):
        found = g.session.get(Product, number)
        return (jsonify(id=found.id, name=found.name, cents=found.cents), 200) if found else ("", 404)

    @app.post("/visits/")
    def visit():
        g.session.add(Visit(page=request.form.get("page", "/")))
        g.session.commit()
        return "", 201

    @app.cli.command("init-db")
    def init_db() -> None:
        """Make the tables and some products."""
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            if session.scalar(select(Product).limit(1)) is None:
                session.add_all(Product(name=f"Product {n}", cents=100 * n) for n in range(1, PRODUCTS + 1))
                session.commit()
        click.echo(f"{PRODUCTS} products")

    return app
