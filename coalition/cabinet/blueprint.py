"""The cabinet's blueprint; every resource adds its routes to it."""

from flask import Blueprint

cabinet = Blueprint("cabinet", __name__, template_folder="templates")
