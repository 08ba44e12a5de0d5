"""The product's server with one address more, which answers an empty POST: what a postback is held against."""

from importlib import import_module

from flask import Flask


def create_app() -> Flask:
    """The house, and /empty."""
    app: Flask = import_module("wsgi").create_app()
    app.add_url_rule("/empty", view_func=app.extensions["csrf"].exempt(empty), methods=["POST"])
    return app


def empty() -> str:
    """As a postback is answered, with nothing done."""
    return "OK\n"
