"""`coalition staff`: the first people of a tenant, before anybody can sign in and invite others; and their roles."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.provider import oidc
from admin.cli.tenancy import acting, as_text, changed, json_option, participant_number, tenant_option
from admin.opening.addresses import address_of_desk
from tenants import own_password
from tenants import staff as people
from tenants.actor import SYSTEM
from tenants.hosts import hosts_of
from tenants.models import Staff
from tenants.roles import holders, roles
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@click.group()
def staff() -> None:
    """People of the staff and their roles."""


staff.add_command(oidc)


@staff.command("list")
@tenant_option
@json_option
def list_(slug: str, as_json: bool) -> None:
    """Everybody with their roles."""
    with house(), acting(slug) as session:
        having = holders(session)
        found = [
            {
                "login": one.login,
                "name": one.name,
                "active": one.active,
                "roles": having.get(one.id, []),
                "second_factor": one.totp_since is not None,
            }
            for one in session.scalars(
                select(Staff)
                .where(Staff.tenant_id == tenant_of(session), Staff.guest.is_(False))
                .order_by(Staff.login)
            )
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        state = "" if one["active"] else "  (deactivated)"
        click.echo(f"{one['login']:24} {one['name']}: {', '.join(one['roles']) or 'no role'}{state}")
    if not found:
        click.echo("nobody yet: `coalition staff invite` lets the first one in")


@staff.command("roles")
@tenant_option
def roles_(slug: str) -> None:
    """Every role with what it may do."""
    with house(), acting(slug) as session:
        for role in roles(session).values():
            kind = "built in" if role.built_in else "own"
            factor = ", second factor required" if role.second_factor else ""
            click.echo(f"{role.code} ({role.names['en']}; {kind}{factor})")
            for permission in sorted(role.permissions):
                click.echo(f"  {permission:28} {permission.words}")


@staff.command()
@tenant_option
@click.option("--login", required=True)
@click.option("--name", required=True, help="as colleagues know the person")
@click.option(
    "--role", "codes", multiple=True, required=True, help="a role's code; may be given several times"
)
@click.option("--participant", help="the code of the participant whose person it is")
def invite(slug: str, login: str, name: str, codes: tuple[str, ...], participant: str | None) -> None:
    """Let somebody in, and say the link by which the password is set; it works once, within 72 hours."""

    def work(session: Session) -> tuple[str, str]:
        found = people.invite_staff(
            session,
            SYSTEM,
            login=login,
            name=name,
            roles=codes,
            participant_id=participant_number(session, participant) if participant else None,
        )
        return _link(session, found)

    with house():
        _tell(*changed(slug, work))


@staff.command()
@tenant_option
@click.option("--login", required=True)
def link(slug: str, login: str) -> None:
    """A new link to set the password, for who has lost it; an earlier one works no more."""
    with house():
        _tell(*changed(slug, lambda session: _link(session, _by_login(session, login))))


@staff.command()
@tenant_option
@click.option("--login", required=True)
@click.option(
    "--role", "codes", multiple=True, required=True, help="a role's code; may be given several times"
)
def give(slug: str, login: str, codes: tuple[str, ...]) -> None:
    """Give somebody these roles instead of those that were."""

    def work(session: Session) -> None:
        one = _by_login(session, login)
        people.give_roles(session, SYSTEM, staff_id=one.id, roles=codes, participant_id=one.participant_id)

    with house():
        changed(slug, work)
    click.echo(f"{login} has now: {', '.join(sorted(set(codes)))}")


@staff.command()
@tenant_option
@click.option("--login", required=True)
def deactivate(slug: str, login: str) -> None:
    """Let somebody sign in no more, and end what sign-ins there are."""
    with house():
        changed(
            slug,
            lambda session: people.deactivate(session, SYSTEM, staff_id=_by_login(session, login).id),
        )
    click.echo(f"{login} is deactivated")


@staff.command("second-factor-off")
@tenant_option
@click.option("--login", required=True)
def second_factor_off(slug: str, login: str) -> None:
    """Take the second factor off somebody who has lost the phone and the recovery codes."""
    with house():
        changed(
            slug,
            lambda session: people.reset_second_factor(
                session, SYSTEM, staff_id=_by_login(session, login).id
            ),
        )
    click.echo(f"{login} signs in by the password alone until a second factor is set up again")


@staff.command("require-second-factor")
@tenant_option
@click.option("--role", "code", required=True, help="the role's code")
def require_second_factor(slug: str, code: str) -> None:
    """Let nobody who has the role work without a second factor; at the desk somebody takes that off again."""
    with house():
        changed(slug, lambda session: people.require_second_factor(session, SYSTEM, code=code))
    click.echo(f"who has the role {code} signs in with a second factor")


def _by_login(session: Session, login: str) -> Staff:
    found = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == login.strip().lower())
    ).one_or_none()
    if found is None:
        raise NotFound("staff_unknown", login=login)
    return found


def _link(session: Session, one: Staff) -> tuple[str, str]:
    """The host under which the desk is, and the secret."""
    secret = own_password.make_link(session, SYSTEM, staff_id=one.id)
    return next(iter(hosts_of(session)), "localhost"), secret


def _tell(host: str, secret: str) -> None:
    click.echo("The link to set the password, for this person alone; it is shown only now:")
    click.echo(f"{address_of_desk(host)}/link/{secret}")
