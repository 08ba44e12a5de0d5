"""`coalition staff oidc`: the tenant's own provider of sign-ins."""

import click

from admin import oidc as calls
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, json_option, tenant_option
from tenants.actor import SYSTEM
from tenants.provider import provider_of, remove_provider, set_provider


@click.group()
def oidc() -> None:
    """Sign-in of the staff by the organisation's own accounts (OpenID Connect)."""


@oidc.command("set")
@tenant_option
@click.option("--issuer", required=True, help="the provider's address, as it says it of itself")
@click.option("--client-id", required=True)
@click.option(
    "--client-secret", default="", envvar="OIDC_CLIENT_SECRET", help="without it, the one that is kept"
)
@click.option(
    "--group", "groups", multiple=True, required=True, help="GROUP=ROLE; may be given several times"
)
@click.option("--scope", default="openid profile", show_default=True)
@click.option("--claim", default="groups", show_default=True, help="where the groups of a person stand")
@click.option("--passwords/--no-passwords", default=True, help="whether passwords are taken, too")
def set_(
    slug: str,
    issuer: str,
    client_id: str,
    client_secret: str,
    groups: tuple[str, ...],
    scope: str,
    claim: str,
    passwords: bool,
) -> None:
    """Let people sign in by this provider, once it has answered."""
    pairs = dict(_pair(one) for one in groups)
    with house():
        calls.look(issuer)
        changed(
            slug,
            lambda session: set_provider(
                session,
                SYSTEM,
                issuer=issuer,
                client_id=client_id,
                client_secret=client_secret,
                groups=pairs,
                scope=scope,
                claim=claim,
                passwords=passwords,
            ),
        )
    click.echo(f"{issuer}: people of {', '.join(pairs)} sign in by it.")


@oidc.command("show")
@tenant_option
@json_option
def show(slug: str, as_json: bool) -> None:
    """What is set, without the secret."""
    with house(), acting(slug) as session:
        found = provider_of(session)
    told = None if found is None else {
        "issuer": found.issuer, "client_id": found.client_id, "scope": found.scope, "claim": found.claim,
        "groups": dict(found.groups), "passwords": found.passwords,
    }  # fmt: skip
    if as_json:
        click.echo(as_text(told))
    elif told is None:
        click.echo("nothing is set: people sign in by password")
    else:
        for name, said in told.items():
            click.echo(f"{name:10} {said}")


@oidc.command("off")
@tenant_option
def off(slug: str) -> None:
    """Let nobody sign in by it any more; passwords are taken again."""
    with house():
        changed(slug, lambda session: remove_provider(session, SYSTEM))
    click.echo("nobody signs in by the organisation's account any more")


def _pair(text: str) -> tuple[str, str]:
    name, equals, code = (part.strip() for part in text.rpartition("="))
    if not (name and equals and code):
        raise click.BadParameter(f"{text}: write GROUP=ROLE")
    return name, code
