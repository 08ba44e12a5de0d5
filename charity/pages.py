"""Charity's part of the cabinet: the face of donations and its templates."""

from flask import Blueprint, Flask

from charity.face import DonationFace
from coalition.cabinet.kinds import add_face

pages = Blueprint("charity", __name__, template_folder="templates")
add_face(DonationFace())


def install(app: Flask) -> None:
    """Add charity's templates to an application that has the cabinet."""
    app.register_blueprint(pages)
