"""The audit trail in words: what was done, to what, and what it was before and is now.

A verb of `tenants.audit.record` gets its line in `VERBS` with the change that first records it: a test asks for it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _

from admin.audit_values import MONEY, POINTS, VALUES
from tenants.branding.words import Words
from tenants.permissions import OF_ROLES
from tenants.translations import N_

VERBS = {
    "application.admit": N_("Admitted a partner"),
    "application.decline": N_("Declined an application"),
    "approval.ask": N_("Asked for a signature"),
    "approval.refuse": N_("Refused a change that waited for a signature"),
    "approval.sign": N_("Signed a change"),
    "approval.withdraw": N_("Withdrew a change that waited for a signature"),
    "benefit.add": N_("Added a benefit"),
    "benefit.give_back": N_("Gave a use of a benefit back"),
    "benefit.retire": N_("Retired a benefit"),
    "benefit.use": N_("Used a member's code"),
    "branding.change": N_("Changed the brand"),
    "card.activate": N_("Activated a card"),
    "card.block": N_("Blocked a card"),
    "card.issue": N_("Issued a card"),
    "card.replace": N_("Replaced a card"),
    "card.send_link": N_("Sent a link that activates a card"),
    "card.unblock": N_("Unblocked a card"),
    "category.save": N_("Saved categories"),
    "certificate.load": N_("Loaded certificates"),
    "certificate.send": N_("Sent a certificate again"),
    "certificate.withdraw": N_("Withdrew certificates that are over"),
    "claim.attachment.read": N_("Read a file of a claim"),
    "claim.decide": N_("Decided a claim"),
    "claim.look": N_("Looked at a claim"),
    "claim.open": N_("Opened a claim"),
    "claim.propose": N_("Proposed a decision of a claim"),
    "claim.send_back": N_("Sent a proposed decision back"),
    "claim.sign": N_("Signed a decision of a claim"),
    "claim.terms": N_("Changed the terms of claims"),
    "client.add": N_("Added a program of the API"),
    "client.certificates": N_("Bound a program to certificates"),
    "client.end": N_("Ended a program of the API"),
    "client.keys": N_("Changed the keys of a program"),
    "client.limit": N_("Changed how much a program of the API may ask"),
    "client.revoke": N_("Took a key or a certificate of a program away"),
    "client.scopes": N_("Changed what a program of the API may do"),
    "client.secret": N_("Drew a secret of a program"),
    "code.friend": N_("Entered a friend's code for a member"),
    "code.promo": N_("Entered a promo code for a member"),
    "correction.ask": N_("Asked for a correction"),
    "correction.discard": N_("Discarded a correction"),
    "correction.send": N_("Sent a correction to be signed"),
    "correction.sign": N_("Signed a correction"),
    "deposit.pay_in": N_("Paid into a deposit"),
    "draw.draw": N_("Held a draw"),
    "draw.open": N_("Promised a draw"),
    "endpoint.add": N_("Let somebody hear of events"),
    "endpoint.end": N_("Ended an address of events"),
    "endpoint.replay": N_("Had events sent again"),
    "endpoint.secret": N_("Renewed the secret of an address of events"),
    "export.ask": N_("Had a file of a list made"),
    "export.download": N_("Downloaded a file of a list"),
    "export.remove": N_("Removed a file of a list"),
    "facts.bring": N_("Brought facts of members"),
    "facts.state": N_("Stated a fact of a member"),
    "file.receive": N_("Took a file in"),
    "file.reread": N_("Read rejected lines of a file again"),
    "filter.remove": N_("Removed a saved filter"),
    "filter.rename": N_("Renamed a saved filter"),
    "filter.save": N_("Saved a filter of a list"),
    "fund.admit": N_("Admitted a fund"),
    "fund.belong": N_("Said which participant a fund is"),
    "fund.campaign": N_("Began a fund's collection"),
    "fund.document": N_("Added a fund's document"),
    "fund.document_end": N_("Removed a fund's document"),
    "goodwill.terms": N_("Changed the limits of goodwill"),
    "hand.find": N_("Found a member at a partner's, by hand"),
    "hand.sale": N_("Entered a purchase by hand"),
    "hand.return": N_("Entered a return by hand"),
    "hand.card": N_("Activated or gave a card by hand"),
    "holidays.add": N_("Added days off"),
    "holidays.remove": N_("Made days off working days"),
    "levels.change": N_("Changed the levels"),
    "job.retry": N_("Had failed work done again"),
    "members.enrol": N_("Enrolled members from a file"),
    "mailing.approve": N_("Approved a mailing of a partner"),
    "mailing.begin": N_("Began a mailing of a partner"),
    "mailing.decline": N_("Declined a mailing of a partner"),
    "mailing.end": N_("Ended a mailing of a partner"),
    "mailing.offer": N_("Offered a mailing"),
    "mailing.save": N_("Wrote a mailing"),
    "mailing.stop": N_("Stopped a mailing of a partner"),
    "mailing.terms": N_("Changed the limit of advertising"),
    "mailing.withdraw": N_("Withdrew a mailing"),
    "member.note": N_("Wrote a note about a member"),
    "member.open": N_("Opened a member's page"),
    "member.reveal": N_("Looked at a member's hidden value"),
    "network.add": N_("Added a network of shops"),
    "network.signature": N_("Said how a network's postbacks are signed"),
    "network.word": N_("Renewed the word of a network's postbacks"),
    "shop.list": N_("Changed how a shop is shown"),
    "shop.rule": N_("Added a rule that shows shops"),
    "shop.seller": N_("Said how tills and files call a shop"),
    "shop.seller_end": N_("Took back how tills and files call a shop"),
    "shop.rule_end": N_("Ended a rule that shows shops"),
    "tenant.hosts": N_("Changed the addresses of the tenant"),
    "outlet.change": N_("Changed an outlet"),
    "outlet.close": N_("Closed an outlet"),
    "outlet.open": N_("Opened an outlet"),
    "outlet.reopen": N_("Opened an outlet again"),
    "outlets.bring": N_("Brought outlets and terminals from a file"),
    "report.download": N_("Downloaded a report of a partner"),
    "report.subscribe": N_("Had the month's figures mailed"),
    "report.unsubscribe": N_("Had no more figures mailed"),
    "settlement.close": N_("Closed a month of settlement"),
    "settlement.operator": N_("Said who operates the programme"),
    "settlement.order": N_("Ordered payments for statements"),
    "settlement.paid": N_("Marked statements as paid"),
    "settlement.step": N_("Moved a statement on its way"),
    "settlement.terms": N_("Said by what terms a participant settles"),
    "part.switch": N_("Switched a part of the product"),
    "participant.by_hand": N_("Changed what a company's people may enter by hand"),
    "participant.programs": N_("Changed what programs a company may make itself"),
    "participant.admit": N_("Admitted a participant"),
    "participant.leave": N_("Let a participant leave"),
    "participant.return": N_("Took a participant back"),
    "partner.add": N_("Added a partner"),
    "partner.change": N_("Changed a partner"),
    "partner.close": N_("Closed a partner"),
    "partner.reopen": N_("Opened a partner again"),
    "passkey.add": N_("Added a passkey"),
    "passkey.refuse": N_("Was refused with a passkey"),
    "passkey.remove": N_("Took a passkey off"),
    "payout.download": N_("Downloaded a register of payouts"),
    "payout.paid": N_("Marked a register as paid"),
    "payout.register": N_("Made a register of payouts"),
    "payout.returned": N_("Marked a payout as returned"),
    "paying.terms": N_("Changed the terms of paying with points"),
    "points.grant": N_("Gave points of goodwill"),
    "points.take_back": N_("Took points of goodwill back"),
    "profile.add": N_("Added a file profile"),
    "provider.bind": N_("Bound the own sign-in to the organisation's account"),
    "provider.no_group": N_("Was let in no more by the organisation: in no group with a role"),
    "provider.remove": N_("Removed the organisation's sign-in"),
    "provider.set": N_("Set the organisation's sign-in"),
    "privacy.download": N_("Handed a copy of personal data over"),
    "privacy.erase": N_("Erased a member's personal data"),
    "privacy.refuse": N_("Refused a request about personal data"),
    "privacy.sign_copy": N_("Signed a copy of personal data"),
    "privacy.register": N_("Took a request about personal data in"),
    "programme.open": N_("Opened a programme"),
    "promotion.check": N_("Checked a draft"),
    "promotion.discard": N_("Discarded a draft"),
    "promotion.draft": N_("Saved a draft"),
    "promotion.end": N_("Ended a promotion"),
    "promotion.pause": N_("Paused a promotion"),
    "promotion.publish": N_("Published a promotion"),
    "promotion.sign": N_("Signed a draft"),
    "questionnaire.change": N_("Changed the questionnaire"),
    "return.let_be": N_("Let a return be"),
    "return.take": N_("Took points for a return"),
    "reward.add": N_("Added a reward"),
    "reward.change": N_("Changed a reward"),
    "reward.price": N_("Changed a reward's price or limits"),
    "role.save": N_("Saved a role"),
    "same_order.terms": N_("Changed who pays for an order told as a sale"),
    "same_sale.terms": N_("Changed who pays for a sale told twice"),
    "sandbox.move": N_("Moved the sandbox's clock"),
    "segment.list": N_("Brought the list of a segment"),
    "segment.retire": N_("Retired a segment"),
    "segment.save": N_("Defined a segment"),
    "staff.activate": N_("Activated a person"),
    "staff.code_wrong": N_("Gave a wrong code of the second factor"),
    "staff.deactivate": N_("Deactivated a person"),
    "staff.invite": N_("Invited a person"),
    "staff.link": N_("Made a link to set a password"),
    "staff.password": N_("Set a password"),
    "staff.password_wrong": N_("Gave a wrong password in the profile"),
    "staff.recovery_codes": N_("Made new recovery codes"),
    "staff.roles": N_("Changed somebody's roles"),
    "staff.second_factor_off": N_("Took a second factor off"),
    "staff.second_factor_on": N_("Set a second factor up"),
    "staff.sign_in": N_("Signed in"),
    "staff.sign_ins_end": N_("Ended own sign-ins"),
    "support.end": N_("Ended the access for operators"),
    "support.enter": N_("Entered as an operator"),
    "support.grant": N_("Granted access to operators"),
    "support.leave": N_("Left the tenant"),
    "support.let_in": N_("Opened the way in for an operator"),
    "suspect.decide": N_("Decided whether two sales are one"),
    "terms.change": N_("Changed the programme's terms"),
    "terminal.add": N_("Added a terminal"),
    "terminal.remove": N_("Took a terminal off"),
    "tenant.open": N_("Opened the tenant"),
    "ticket.answer": N_("Answered a question of a partner"),
    "ticket.close": N_("Closed a question of a partner"),
    "ticket.open": N_("Wrote to the programme"),
}
SUBJECTS: dict[str, tuple[str, str, str]] = {
    "benefit": (N_("Benefit"), "", ""),
    "calendar": (N_("Days off"), "desk_holidays.index", ""),
    "categories": (N_("Own categories"), "desk_categories.index", ""),
    "claim": (N_("Claim"), "desk_claims.claim", "number"),
    "client": (N_("Program of the API"), "desk_clients.client", "client_id"),
    "clients": (N_("Programs of the API"), "desk_clients.index", ""),
    "correction": (N_("Correction"), "desk_corrections.correction", "correction_id"),
    "deposit": (N_("Deposit"), "desk_deposits.deposit", "deposit_id"),
    "draw": (N_("Draw"), "desk_draws.draw", "code"),
    "endpoint": (N_("Address of events"), "", ""),
    "export": (N_("File of a list"), "", ""),
    "filter": (N_("Filter"), "", ""),
    "fund": (N_("Fund"), "", ""),
    "job": (N_("Work"), "desk_jobs.index", ""),
    "file": (N_("File"), "desk_files.file", "file_id"),
    "application": (N_("Application"), "desk_applications.index", ""),
    "mailing": (N_("Mailing"), "desk_mailings.mailing", "mailing_id"),
    "member": (N_("Member"), "", ""),
    "network": (N_("Network"), "desk_shops.index", ""),
    "order": (N_("Order"), "", ""),
    "outlet": (N_("Outlet"), "desk_partners.outlet", "code"),
    "outlets": (N_("Outlets"), "desk_partners.index", ""),
    "part": (N_("Part"), "", ""),
    "participant": (N_("Participant"), "", ""),
    "participants": (N_("Participants"), "desk_participants.index", ""),
    "partner": (N_("Partner"), "desk_partners.partner", "code"),
    "payout": (N_("Payout"), "", ""),
    "profile": (N_("File profile"), "desk_file_profiles.index", ""),
    "programme": (N_("Programme"), "", ""),
    "promotion": (N_("Promotion"), "desk_promotions.promotion", "code"),
    "provider": (N_("Sign-in by the organisation"), "desk_provider.index", ""),
    "purchase": (N_("Purchase"), "", ""),
    "register": (N_("Register"), "desk_payouts.register", "register_id"),
    "request": (N_("Request about personal data"), "desk_privacy.look", "request_id"),
    "return": (N_("Return"), "", ""),
    "reward": (N_("Reward"), "desk_rewards.reward", "reward_code"),
    "rewards": (N_("Rewards"), "desk_rewards.index", ""),
    "role": (N_("Role"), "desk_roles.role", "code"),
    "rule": (N_("Rule of shops"), "desk_shop_rules.index", ""),
    "sandbox": (N_("Sandbox"), "", ""),
    "segment": (N_("Segment"), "desk_segments.segment", "code"),
    "shop": (N_("Shop"), "", ""),
    "staff": (N_("Person"), "desk_people.person", "staff_id"),
    "support": (N_("Access for operators"), "desk_support.index", ""),
    "tenant": (N_("Tenant"), "", ""),
    "ticket": (N_("Question of a partner"), "desk_tickets.ticket", "ticket_id"),
}
"""By the first word of a subject: what it is called, and the page and its argument that the rest leads to."""
FIELDS = {
    "approval": N_("change"),
    "about": N_("description"),
    "above": N_("above"),
    "alert_to": N_("alert by mail to"),
    "alert_below": N_("alert below"),
    "activation_delay_days": N_("days until points can be spent"),
    "added": N_("added"),
    "audience": N_("to whom"),
    "benefit": N_("benefit"),
    "brand": N_("brand"),
    "by": N_("by"),
    "closes_at": N_("drawn after"),
    "card": N_("card"),
    "claim": N_("claim of the groups"),
    "client": N_("client id"),
    "clients": N_("programs of the API"),
    "categories": N_("categories"),
    "channel": N_("how"),
    "category": N_("category"),
    "changed": N_("changed"),
    "code": N_("code"),
    "conditions": N_("conditions"),
    "count": N_("count"),
    "days": N_("days"),
    "decision": N_("decision"),
    "draft": N_("draft"),
    "due_on": N_("answered by"),
    "ends_at": N_("end"),
    "entry": N_("entry of the trail"),
    "expiry": N_("expiry"),
    "expiry_count": N_("number of the expiry"),
    "expiry_date": N_("fixed last day"),
    "failed": N_("not delivered"),
    "first_day": N_("first day"),
    "for_all": N_("for everybody"),
    "form": N_("form"),
    "franchise": N_("franchise"),
    "funder_id": N_("number of who pays"),
    "given": N_("given"),
    "gone": N_("gone"),
    "goodwill": N_("limits of goodwill"),
    "group": N_("group"),
    "groups": N_("groups"),
    "icon": N_("icon"),
    "issuer": N_("issuer"),
    "granted_by": N_("let in by"),
    "hosts": N_("addresses"),
    "joined": N_("joined"),
    "kind": N_("kind"),
    "last_day": N_("last day"),
    "left_at": N_("left"),
    "legal": N_("legal name"),
    "line": N_("bank's line"),
    "lines": N_("lines"),
    "link_by": N_("link made by"),
    "list": N_("list"),
    "login": N_("login"),
    "match_window_days": N_("days for which a purchase waits"),
    "member": N_("member"),
    "name": N_("name"),
    "mid": N_("MID"),
    "minor": N_("sum"),
    "offered": N_("offered"),
    "of_members": N_("tells of members"),
    "on": N_("switched on"),
    "operator": N_("operator"),
    "outcome": N_("answer"),
    "paid": N_("paid in"),
    "part": N_("part"),
    "participant": N_("participant"),
    "partners": N_("partners"),
    "payee": N_("payee"),
    "per_week": N_("mailings in seven days"),
    "permissions": N_("rights"),
    "points": N_("points"),
    "price": N_("price"),
    "prizes": N_("prizes"),
    "profile": N_("profile"),
    "promotion": N_("promotion"),
    "promotions": N_("promotions"),
    "purchase_id": N_("purchase"),
    "quantity": N_("quantity"),
    "reason": N_("reason"),
    "redemption_id": N_("redemption"),
    "region": N_("region"),
    "rejected": N_("rejected"),
    "request": N_("request"),
    "retired_at": N_("retired"),
    "return_policy": N_("policy of returns"),
    "report": N_("report"),
    "return_wait_days": N_("days for which a return waits"),
    "return_window_days": N_("days within which a return finds its purchase"),
    "revision": N_("revision"),
    "rewards": N_("rewards"),
    "role": N_("role"),
    "roles": N_("roles"),
    "rows": N_("rows"),
    "same_order": N_("who pays of an order and its purchase"),
    "same_sale": N_("who pays of two channels"),
    "scope": N_("scope"),
    "scopes": N_("scopes"),
    "signature": N_("signature"),
    "requests": N_("requests a minute"),
    "certificate": N_("certificate"),
    "key": N_("key"),
    "second_factor": N_("second factor required"),
    "sign_ins_ended": N_("sign-ins ended"),
    "sent": N_("sent"),
    "sha256": N_("digest (SHA-256)"),
    "slug": N_("short name"),
    "starts_at": N_("start"),
    "state": N_("state"),
    "terminals": N_("terminals"),
    "terms": N_("terms"),
    "tid": N_("TID"),
    "tickets": N_("tickets"),
    "ticket": N_("ticket"),
    "title": N_("name"),
    "titles": N_("name"),
    "unit": N_("the point's name"),
    "until": N_("until"),
    "uses": N_("uses"),
    "valid_days": N_("days of validity"),
    "version": N_("version"),
    "versions": N_("versions"),
    "way": N_("way"),
    "why": N_("reason"),
    "by_login": N_("by login and password, too"),
    "zone": N_("time zone"),
    "with_second_factor": N_("with the second factor"),
    "accent": N_("accent colour"),
    "activation": N_("how it is switched on"),
    "address": N_("address"),
    "amount": N_("sum"),
    "asked_by": N_("asked for by"),
    "brought_by": N_("brought by"),
    "contract": N_("contract"),
    "corner": N_("corners"),
    "event": N_("what happened"),
    "fact": N_("fact"),
    "goal": N_("goal"),
    "grant": N_("benefit given"),
    "grants": N_("benefits given"),
    "job": N_("work"),
    "keys": N_("keys"),
    "kinds": N_("kinds"),
    "known": N_("known already"),
    "limits": N_("limits"),
    "mandatory": N_("mandatory fields"),
    "month": N_("month"),
    "network": N_("network"),
    "note": N_("note"),
    "now": N_("clock"),
    "of": N_("of the file"),
    "off": N_("day off"),
    "others_until": N_("earlier ones hold until"),
    "outlet": N_("outlet"),
    "owed": N_("left owing"),
    "owes": N_("owed in all"),
    "partner": N_("partner"),
    "payer": N_("who pays"),
    "per_operation": N_("at most in one operation"),
    "per_person_day": N_("at most by one person in a day"),
    "plastic": N_("numbers of plastic cards"),
    "points_max": N_("at most, points"),
    "points_min": N_("at least, points"),
    "rate": N_("network's rate"),
    "reasons": N_("reasons"),
    "redemption": N_("redemption"),
    "register": N_("register"),
    "sale": N_("purchase"),
    "scale": N_("digits after the point"),
    "seller": N_("seller"),
    "share": N_("member's share"),
    "shown": N_("shown to members"),
    "since": N_("since"),
    "stated": N_("stated"),
    "statements": N_("statements"),
    "thumbprints": N_("digests of keys and certificates"),
    "url": N_("address"),
    "value_minor": N_("worth, money"),
    "value_points": N_("worth, points"),
}


UNTOLD = {"cause", "digest", "member_id", "number"}
"""Kept for proof, and said by the subject already."""


class Change(NamedTuple):
    """One fact that was one thing before and is another now; either may be nothing."""

    field: str
    before: str
    after: str

    @property
    def in_words(self) -> str:
        """On one line."""
        if self.before and self.after:
            return f"{self.field}: {self.before} → {self.after}"
        return f"{self.field}: {self.after or self.before}"


def verb(code: str) -> str:
    """What was done."""
    return _(VERBS[code]) if code in VERBS else code


def subject(text: str, people: Mapping[str, str]) -> str:
    """To what: `people` are the names of the staff by their ids; of a member only the end of the id is shown."""
    kind, _blank, rest = text.partition(" ")
    if kind not in SUBJECTS:
        return text
    named = people.get(rest, rest)
    named = _end_of(named) if _is_id(named) else named
    return f"{_(SUBJECTS[kind][0])} {named}".strip()


def _is_id(said: str) -> bool:
    return len(said) == 36 and said.count("-") == 4


def _end_of(said: str) -> str:
    """The end of an id, which nobody reads whole."""
    return f"••\u00a0{said[-8:]}"


def page_of(text: str, url_for: Callable[..., str]) -> str:
    """The address of what it was done to; empty where that has no page."""
    kind, _blank, rest = text.partition(" ")
    title, endpoint, argument = SUBJECTS.get(kind, ("", "", ""))
    if not title or not endpoint or (argument and not rest):
        return ""
    return url_for(endpoint, **({argument: rest} if argument else {}))


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, w: Words) -> Iterator[Change]:
    """What differs, by field; of lists only what came and went."""
    old, new = before or {}, after or {}
    for name in dict.fromkeys((*old, *new)):
        if name in UNTOLD:
            continue
        was, is_now = old.get(name), new.get(name)
        if name in old and name in new:
            if was == is_now:
                continue
            if isinstance(was, list) and isinstance(is_now, list):
                was, is_now = (
                    [one for one in was if one not in is_now],
                    [one for one in is_now if one not in was],
                )
        change = Change(_field(name), _value(name, was, w), _value(name, is_now, w))
        if change.before or change.after:
            yield change


def _field(name: str) -> str:
    return _(FIELDS[name]) if name in FIELDS else name


def _value(name: str, fact: Any, w: Words) -> str:
    known = VALUES.get(name, {})
    if isinstance(fact, int) and not isinstance(fact, bool) and name in MONEY | POINTS:
        return w.money(fact) if name in MONEY else w.amount(fact)
    return _(known[fact]) if isinstance(fact, str) and fact in known else _said(fact, w)


def _said(fact: Any, w: Words) -> str:
    if fact is None or fact == []:
        return ""
    if isinstance(fact, bool):
        return _("yes") if fact else _("no")
    if isinstance(fact, int):
        return w.number(fact)
    if isinstance(fact, list):
        return ("; " if any(isinstance(one, dict) for one in fact) else ", ").join(
            _said(one, w) for one in fact
        )
    if isinstance(fact, dict):
        if set(fact) == {"ru", "en"}:
            return str(fact[w.lang])
        said = {_field(name): _value(name, one, w) for name, one in fact.items()}
        return ", ".join(f"{name}: {one}" for name, one in said.items() if one)
    return _text(str(fact), w)


_RIGHTS = {str(one): one.words for one in OF_ROLES}


def _text(said: str, w: Words) -> str:
    if said in _RIGHTS:
        return _(_RIGHTS[said])
    if _is_id(said):
        return _end_of(said)
    try:
        if len(said) == 10:
            return w.day(date.fromisoformat(said))
        at = datetime.fromisoformat(said) if len(said) >= 25 else None
    except ValueError:
        return said
    return w.moment(at) if at is not None and at.tzinfo else said
