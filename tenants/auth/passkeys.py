"""Passkeys."""

from sqlalchemy.orm import Session

from tenants.auth.second_factor import has_second_factor as has_app
from tenants.models import Staff


def has_second_factor(session: Session, staff: Staff) -> bool:
    """Whether the person has set up an app for codes."""
    return has_app(staff)
