"""What the desk says when something does not work: what happened, what is safe, what to do now."""

from datetime import date

from flask import Blueprint, Response, g, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import RequestEntityTooLarge

from admin import promotion_words
from coalition.cabinet import claim_words
from coalition.promotions.checking import Flaw
from tenants.branding import formats, plain
from tenants.runtime.errors import Forbidden, NotFound, Outage, Problem
from tenants.runtime.web import roll_back
from tenants.translations import N_

UPLOAD_MEGABYTES = 512
"""The largest file that comes through a browser; a larger one comes by the drop folder or the command line."""


_SENTENCES = {
    "application_text": N_("Write this, %(most)s characters at most"),
    "application_inn": N_("This is no INN: it has 10 or 12 digits, of which the last ones check the others"),
    "application_kpp": N_("An organisation has a KPP of 9 characters, a sole trader none"),
    "application_ogrn": N_(
        "An organisation's OGRN has 13 digits, a sole trader's OGRNIP 15; the last one checks the others"
    ),
    "application_email": N_("Write an e-mail address, 64 characters at most"),
    "application_phone": N_("Write a phone, like +7 900 123-45-67"),
    "application_waits": N_("An application with this INN waits for an answer already"),
    "application_decided": N_("Somebody has answered this application already. Read the page again"),
    "application_why": N_("Write why, %(most)s characters at most"),
    "partner_code": N_("A code is small Latin letters, digits and hyphens, 32 at most"),
    "forecast_few": N_(
        "Fewer than %(least)s members fit this: a forecast of so few would tell who they are. Ask for more of them"
    ),
    "promotion_not_own": N_(
        "A partner's promotion is for purchases at its own places, at its own expense alone"
    ),
    "support_hours": N_("Write a number of hours, from 1 to %(most)s"),
    "support_reason": N_("Write the reason, %(most)s characters at most"),
    "reward_known": N_("There is a reward with this code already"),
    "reward_name": N_("Write the name, 120 characters at most"),
    "reward_about": N_("A description has 300 characters at most"),
    "reward_days": N_("Write a whole number from 0 to 60"),
    "reward_limits": N_("The most is not below the least"),
    "reward_price": N_("Write a number above zero"),
    "reward_alert": N_("Write a whole number from 1 to 10,000, or nothing"),
    "reward_alert_to": N_("Write addresses with commas between them, five at most"),
    "reward_changed": N_(
        "Somebody has changed the reward since you opened this page. Nothing was done: read it again"
    ),
    "codes_many": N_("More codes than one file may have: bring 50,000 at a time. Nothing was loaded"),
    "codes_none": N_("There is no code in the file. Nothing was loaded"),
    "support_granted": N_("Somebody has let operators in already. Open the page anew"),
    "filter_name": N_("Write a name, 60 characters at most"),
    "filter_empty": N_("Narrow the list first: there are no conditions to save"),
    "filter_name_taken": N_("You keep a filter of this name already. Nothing was saved: choose another name"),
    "filters_too_many": N_("You keep 200 filters already. Remove one first"),
    "exports_too_many": N_("Three files are being made for you already. Wait for one, or remove one"),
    "export_not_done": N_("The file is not made yet. It is there when its bar is full"),
    "too_many_searches": N_("Too many searches for now. Try again in an hour"),
    "reveal_reason": N_("Choose a reason or write one. Nothing was shown"),
    "too_many_reveals": N_("Too many values were shown to you in an hour. Try again later"),
    "goodwill_points": N_("Say how many points, one at least"),
    "goodwill_reason": N_("Choose a reason"),
    "goodwill_words": N_("Write 200 characters at most"),
    "points_unclear": N_("Write a number, as 100"),
    "amount_large": N_("This is more than there can be"),
    "amount_invalid": N_("Write the sum of the purchase, more than nothing"),
    "in_the_future": N_("Say the day of the purchase, today or before"),
    "client_name": N_("Write the name, 120 characters at most, on one line"),
    "client_scopes": N_("Tick at least one thing that the program may do"),
    "client_not_allowed": N_(
        "The programme does not let your company make programs that may do this. Nothing was made"
    ),
    "mailing_audience": N_("Choose to whom it goes"),
    "mailing_channel": N_("Choose how it goes"),
    "mailing_changed": N_("It was changed since you opened this page. Nothing was done: read it again"),
    "mailing_day": N_("Choose the day"),
    "mailing_few": N_(
        "Fewer than %(least)s of its audience agree to advertising, so its company could know them by its numbers. "
        "It cannot be approved: decline it, with a wider audience as the advice"
    ),
    "mailing_hour": N_("Advertising goes out by day: choose an hour from %(first)s to %(last)s"),
    "mailing_link": N_(
        "Links lead to the programme's own address alone, by https. If this is none, put a space after the full stop"
    ),
    "mailing_long": N_(
        "With the words that are added it is longer than %(most)s parts of a text: write less"
    ),
    "mailing_looks": N_(
        "Your company was told the size of %(most)s audiences today. Others can be seen tomorrow; saving goes on"
    ),
    "mailing_past": N_("This hour is over. Choose a later one"),
    "mailing_placeholder": N_(
        "Leave brackets and places for names out: everybody reads the same words, and nobody's name"
    ),
    "mailing_promotion": N_("Choose a promotion of your company that runs or is to run"),
    "mailing_promotion_over": N_("The promotion that it is for is over. It cannot be approved: decline it"),
    "mailing_reason": N_("Write why, %(most)s characters at most"),
    "mailing_segment": N_("This segment is not there any more. Choose another one"),
    "mailing_state": N_("It is in another state meanwhile. Nothing was done"),
    "mailing_title": N_("Write the name, %(most)s characters at most"),
    "mailing_words": N_("Write what members are to read, %(most)s characters at most"),
    "mailings_many": N_("%(most)s mailings of your company are on their way. Withdraw some first"),
    "report_no_mail": N_("You sign in with no e-mail address, so nothing can be mailed to you"),
    "report_large": N_("The period has too many rows. Choose a shorter one"),
    "hand_over": N_("This page was open for too long. Find the member anew: nothing was entered"),
    "hand_limits": N_("Write sums above nothing; one operation is no more than a day"),
    "letters_many": N_("This question has very many letters. Close it and write a new one"),
    "ticket_closed": N_("The question is closed. Nothing was sent: write a new one"),
    "certificate_last": N_(
        "It is the only one: without it the program would be let in from anywhere. Give it another one first, or end it"
    ),
    "client_outlet_other": N_("This outlet is another legal entity's. Choose one of its own"),
    "client_outlet": N_("This outlet is closed. Choose another one"),
    "client_unknown": N_("This program has ended. Nothing was changed"),
    "secret_drawn": N_("The secret was shown once already. Ask for a new one if it is lost"),
    "secret_over": N_("72 hours are over since the signature. Ask for a new secret"),
    "import_differs": N_(
        "What is here has changed since you looked at the preview. Nothing was done: bring the file once more"
    ),
    "outlets_rejected": N_(
        "A row cannot be taken by now, so none was. Nothing was done: bring the file once more"
    ),
    "outlets_many": N_("More rows than one file may have: bring %(most)s at a time. Nothing was done"),
    "members_many": N_("More rows than one file may have here: bring 2,000 at a time. Nothing was done"),
    "rows_none": N_("There is no row in the file. Nothing was done"),
    "partner_changed": N_(
        "Somebody has changed the partner since you opened this page. Nothing was saved: what you typed is still here"
    ),
    "outlet_changed": N_(
        "Somebody has changed the outlet since you opened this page. Nothing was saved: what you typed is still here"
    ),
    "participant_code_taken": N_("There is a legal entity of this code already: choose it above"),
    "partner_code_taken": N_("There is a partner of this code already"),
    "outlet_code_taken": N_("There is an outlet of this code already"),
    "partner_about": N_("A description has 300 characters at most"),
    "partner_name": N_("Write the name, 120 characters at most"),
    "hidden_sign": N_("There is a sign here that cannot be seen. Type the words anew"),
    "outlet_text": N_("This is too long"),
    "terms_invalid": N_("These cannot be the terms any more. Nothing was changed: look at them and ask anew"),
    "terminal_invalid": N_("A MID has up to 32 characters and a TID up to 16, without spaces"),
    "terminal_taken": N_("This till is another partner's. Take it off there first. Nothing was changed"),
    "zone_unknown": N_("There is no such time zone: write it like Europe/Moscow"),
    "partner_unknown": N_("There is no such partner"),
    "note_empty": N_("Write the note first"),
    "note_long": N_("Write 1,000 characters at most"),
    "card_number": N_("Leave the number of the payment card out: it must not be kept here"),
    "texts_not_sent": N_("Texts do not go out from here yet: their gateway is not set. Nothing was sent"),
    "phone_missing": N_("She has no phone here, so nothing was sent"),
    "too_many_texts": N_("She has been sent five texts in a day already. Nothing was sent"),
    "card_active": N_("The card works already. Nothing was sent"),
    "card_blocked": N_("The card is blocked. Nothing was done"),
    "card_replaced": N_("Another card has replaced this one already. Nothing was done"),
    "login_invalid": N_(
        "A login has 2 to 64 small Latin letters, digits and . @ _ -, and begins with a letter or digit"
    ),
    "login_known": N_("Somebody has this login already. Choose another one"),
    "staff_name": N_("Write the name, 100 characters at most"),
    "staff_inactive": N_("This person is deactivated. Activate first"),
    "own_roles": N_("Your own roles and sign-in are changed by somebody else. Nothing was changed"),
    "role_above": N_(
        "One of these roles may do what you may not. Who keeps roles gives it. Nothing was changed"
    ),
    "last_administrator": N_(
        "Nobody would be left who keeps people and roles. Give somebody else these rights first. Nothing was changed"
    ),
    "role_code": N_("A code has small Latin letters, digits and hyphens, 32 at most"),
    "role_known": N_("There is a role with this code already"),
    "role_name": N_("Write the name in both languages, 100 characters at most"),
    "role_mixed": N_(
        "People of a partner get nothing of the desk's, and the programme's own people nothing of a partner's place. "
        "Make two roles of it"
    ),
    "role_empty": N_("Tick at least one thing that who has the role may do"),
    "link_over": N_(
        "This link works no more: it was used, 72 hours are over, or a newer one was made. Ask whoever gave it to "
        "you for a new one"
    ),
    "password_short": N_("A password has 12 characters at least. Several words are easy to remember"),
    "password_is_login": N_("The password is the login. Choose another one"),
    "password_wrong": N_("This is not your password now"),
    "password_tries": N_("Too many tries. Wait a quarter of an hour; after thirty in a day, until tomorrow"),
    "deposit_note": N_("A note has 200 characters at most, all on one line"),
    "deposit_unit": N_("The deposit is kept in another unit. Nothing was changed"),
    "backtest_nothing": N_("There is no purchase to replay yet: upload a file of purchases first"),
    "forecast_points_only": N_(
        "A forecast is told for promotions that give points. A discount changes what is paid, and with it the "
        "turnover that a forecast stands on; a piece of a benefit has no price here. The replay on the "
        "promotion's page tells what would be taken off or granted"
    ),
    "forecast_unfinished": N_("The replay is not done yet. Open the forecast when it is"),
    "forecast_without_draft": N_("A forecast is of a draft, and this replay has none"),
    "benefit_retired": N_(
        "What it grants is retired. Begin a promotion that grants another benefit. Nothing was changed"
    ),
    "grant_expired": N_("Its last day is over. Nothing was used"),
    "grant_used_up": N_("Nothing of it is left. Nothing was used"),
    "draw_open": N_("It is drawn after its close. Nothing was done"),
    "draw_without_tickets": N_("No ticket takes part, so nothing can be drawn"),
    "redemption_ended": N_("This redemption is over already, so nothing can be given back"),
    "certificate_given": N_(
        "A code that was shown cannot be given back. Grant the points instead. Nothing was changed"
    ),
    "payout_on_its_way": N_(
        "The money is on its way already, so this cannot be given back. Grant the points instead. Nothing was changed"
    ),
    "reason_unknown": N_("Choose a reason"),
    "sale_missing": N_("Say which purchase is to be recorded"),
    "staff_unknown": N_("This person decides no claims"),
    "correction_not_previewed": N_("The preview is not whole yet. Sign when it is"),
    "correction_outdated": N_(
        "Another correction of this promotion was signed after this preview. Ask for this one anew"
    ),
    "correction_posting": N_("Another correction is being posted. Sign this one when it is done"),
    "correction_waits": promotion_words.KINDS["correction_waits"],
    "correction_state": N_("The correction has gone another step meanwhile. Nothing was done"),
    "payout_ended": N_("The bank has already paid this one, or it came back before. Nothing was changed"),
    "profile_version_unknown": N_("There is no such version of the profile"),
    "host_invalid": N_("This is no host name; write it like bonus.bank.example, without https:// and port"),
    "host_last": N_("This is the tenant's only address. Add another one first"),
    "host_not_here": N_("The tenant is not served there any more. Nothing was changed"),
    "host_taken": N_("Another tenant is served under %(host)s. Take another address"),
    "objection_answered": N_("This objection is answered already. Nothing was changed"),
    "objection_open": N_("This line waits for an answer already. Nothing was changed"),
    "objection_same": N_("This is the sum of the statement. Write the one that you see instead"),
    "statement_agreed": N_("The statement is agreed, and nothing changes it any more"),
    "statement_answerable": N_("It can still be answered. It counts as agreed when its days are over"),
    "statement_state": N_("The statement has gone another step meanwhile. Nothing was changed"),
    "nothing_to_pay": N_("The operator owes nothing by agreed statements of this month"),
    "camt_unclear": N_("This is no bank statement in camt.053. Nothing was changed"),
    "registers_large": N_(
        "There are more rows than a page gives. “coalition settlement register” writes all of them"
    ),
    "settlement_closed": N_("This month is closed already"),
    "settlement_nobody": N_("No participant has terms in this month"),
    "words_missing": N_("Write in a few words what is wrong"),
    "settlement_unknown": N_("Nobody operates the programme yet"),
    "file_not_stopped": N_("Nothing of this file has stopped. Nothing was changed"),
    "job_not_failed": N_("This work is not stopped any more. Nothing was changed"),
    "return_decided": N_("Somebody has decided about this return already. Nothing was changed"),
    "suspect_decided": N_("Somebody has decided about these two already. Nothing was changed"),
    "campaign_goal": N_("Write a goal above nothing"),
    "campaign_days": N_("The last day comes before the first"),
    "campaign_name": N_("Write what it is for"),
    "documents_many": N_("The fund has 20 documents already. Remove one first"),
    "document_unknown": N_("There is no such document"),
    "fund_unknown": N_("There is no such fund"),
    "seller_name": N_("Write a name of 3 to 100 characters"),
    "sellers_many": N_("The shop has 20 names already, and no more are kept"),
    "seller_known": N_("The shop is known by that already"),
    "seller_unknown": N_("The shop is not known by that any more"),
    "mid_unknown": N_("No partner's till has this MID"),
    "both_pay": N_("The programme lets both pay now. Nothing was changed"),
    "draft_changed": N_(
        "Somebody has changed the draft since you opened this page. Nothing was done: read it again"
    ),
    "draft_exists": N_("There is an open draft already. This is it"),
    "draft_state": N_("The draft has gone another step meanwhile. Nothing was done"),
    "passkey_wrong": N_("The browser made no passkey that holds. Try once more"),
    "passkey_name": N_("Write a name, 60 characters at most"),
    "passkeys_many": N_("Ten passkeys are enough. Take one off first"),
    "provider_issuer": N_(
        "This is no address of a provider that may be called from here: https, at a public host or one that the "
        "deployment allows"
    ),
    "provider_answer": N_("Its answer does not hold. Nothing was done"),
    "provider_field": N_("Fill this in, 255 characters at most"),
    "provider_one_factor": N_(
        "Your role asks for a second factor, and your organisation did not say that it has asked for one. "
        "Sign in there with it, or speak to whoever keeps the accounts"
    ),
    "provider_no_group": N_(
        "Your organisation knows you, but none of your groups there has a role here. Ask whoever keeps people and roles"
    ),
    "provider_bound": N_("This account belongs to somebody else here already. Nothing was changed"),
    "provider_none": N_("There is no such sign-in any more"),
    "signature_unproven": N_(
        "The audit trail does not hold that exactly this was signed. Nothing was changed: have it signed anew, "
        "and tell whoever runs the deployment"
    ),
    "signature_over": N_(
        "It was signed more than 72 hours ago, and the signature holds no more. Nothing was done: save the draft anew "
        "and have it signed"
    ),
    "secrets_many": N_(
        "%(most)s secrets of this program hold already. Wait until the oldest ends, or end the program"
    ),
    "tickets_often": N_("%(most)s letters were written today. Write on tomorrow"),
    "company_left": N_(
        "Your company has left the coalition, so nothing new can be started. "
        "Statements, claims and questions work as before"
    ),
    "participant_left": N_("This participant has left the coalition: nothing new is given at its expense"),
    "participant_operator": N_("It operates the programme, and everybody settles with it: it cannot leave"),
    "participant_network": N_("It pays for the shops of a network. While that is connected it cannot leave"),
    "participant_goodwill": N_(
        "It pays for points of goodwill. Name another payer in their terms, and it can leave"
    ),
    "participant_shares": N_(
        "It pays for promotions together with others: %(promotions)s. End them first, or publish them without it"
    ),
    "signature_missing": N_("Another person signs this first. Nothing was changed"),
    "approval_waits": N_(
        "Somebody else's change of the same waits for a signature already. Once it is signed, refused or withdrawn, "
        "ask for yours"
    ),
    "approval_differs": N_(
        "What it would change is another meanwhile than what was asked for, so the signature does not hold. Nothing "
        "was changed: whoever asked has to ask anew"
    ),
    "approval_decided": N_("It was signed, refused or withdrawn meanwhile. Nothing was done"),
    "approval_expired": N_(
        "72 hours are over, so it can be signed no more. Nothing was changed: whoever asked has to ask anew"
    ),
    "approval_reason": N_("Write why, 300 characters at most"),
    "erasure_in_the_way": N_(
        "Something has to come to its end before the data can be erased. Nothing was changed"
    ),
    "member_erased": N_(
        "The personal data of this member is erased: nothing can be written about anybody any more"
    ),
    "person_erased": N_("The personal data of this member is erased already"),
    "privacy_copy_over": N_(
        "There is no copy: it is not made yet, or its days are over. Take a new request in"
    ),
    "privacy_request_ended": N_("The request was answered meanwhile. Nothing was changed"),
    "privacy_reason": N_("Choose why it is refused"),
    "second_pair_of_eyes": N_("It is signed by another person than who wrote it. Nothing was done"),
    "starts_in_past": N_(
        "The start lies in the past, where another version was live, and versions change nothing in the past. "
        "Choose a later start, or leave it empty to start at once"
    ),
    "seats_below_taken": N_("More members have a place already. Nothing was done"),
    "budget_below_spent": N_("The budget is below what members have got already. Nothing was done"),
    "segment_retired": N_("The segment is retired. Give the new one another code"),
    "segment_of_another_programme": N_("The segment belongs to another programme. Nothing was done"),
    "tiers_counted": N_(
        "Purchases count for the levels already, and what they have counted would mean nothing under another "
        "measure or period, or once levels are never lost. Names, bounds and the number of levels can change. "
        "Nothing was changed"
    ),
    "promotion_of_another_programme": N_("The promotion belongs to another programme. Nothing was done"),
    "promotion_not_live": N_("The promotion is in another state meanwhile. Nothing was done"),
    "promotion_not_paused": N_("The promotion is in another state meanwhile. Nothing was done"),
    "request_reused": N_(
        "This form has given something else already. Look at her page, then send it once more"
    ),
    "promotion_over": N_("The end that was planned has come during the pause. Begin a new version"),
}
"""What is said of a refusal whose sentence needs none of its facts."""


def tell_problems(blueprint: Blueprint) -> None:
    """Tell the problems of a blueprint's pages in the desk's words."""
    blueprint.register_error_handler(Problem, _refused)
    blueprint.register_error_handler(CSRFError, _stale)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    blueprint.register_error_handler(404, _lost)
    blueprint.register_error_handler(500, _broken)


def refusal(problem: Problem) -> str:
    """The sentence for an action that was refused; a code without one of its own gets a plain one."""
    if told := claim_words.sentence(problem):
        return told
    match problem.code:
        case "document_invalid":
            return _(
                "The draft is not right, %(field)s: %(why)s. Nothing was done",
                field=promotion_words.place(str(problem.facts["field"]), str(get_locale())),
                why=_flaw(problem),
            )
        case "segment_in_use":
            return _(
                "These promotions name the segment: %(promotions)s. End them or give them other terms first. "
                "Nothing was changed",
                promotions=problem.facts.get("promotions", ""),
            )
        case "amount_digits" if problem.facts["digits"]:
            return _(
                "No more than %(digits)s digits stand after the point; a thousand is written 1000 or 1,000",
                digits=problem.facts["digits"],
            )
        case "amount_digits":
            return _("Write a whole number; a thousand is written 1000 or 1,000")
        case "benefit_in_use":
            return _(
                "These promotions grant the benefit: %(promotions)s. Pause them first. Nothing was changed",
                promotions=problem.facts.get("promotions", ""),
            )
        case "segment_listed":
            return _(
                "These segments look at it as at a list: %(segments)s. Change them first. Nothing was changed",
                segments=problem.facts.get("segments", ""),
            )
        case "client_requests":
            return _("Write a whole number from 1 to %(most)s, or nothing", most=f"{problem.facts['most']:,}")
        case "tickets_many":
            return _(
                "%(most)s questions of your company are not closed. Close some first",
                most=problem.facts["most"],
            )
        case "ticket_subject":
            return _(
                "Write what it is about, %(most)s characters at most, on one line", most=problem.facts["most"]
            )
        case "clients_many":
            return _(
                "%(most)s programs of your company are let in already. End one first",
                most=problem.facts["most"],
            )
        case "words_long":
            return _("That is too long: %(most)s characters at most", most=problem.facts["most"])
        case "account_missing":
            who = problem.facts["who"]
            return _(
                "The name, account or BIC of %(who)s is missing in its terms. Nothing was ordered", who=who
            )
        case "settlement_early":
            month = _month(problem)
            return _("%(month)s is not over yet. It is closed an hour after its end", month=month)
        case "settlement_order":
            month = _month(problem)
            return _("Months are closed one after another, and %(month)s is the next one", month=month)
        case "segment_invalid" | "tiers_invalid" | "category_invalid":
            return _flaw(problem)
    sentence = _SENTENCES.get(problem.code, N_("This cannot be done now. Nothing was changed"))
    return _(sentence) % problem.facts if "%(" in sentence else _(sentence)


def _month(problem: Problem) -> str:
    return formats.month(date.fromisoformat(f"{problem.facts['month']}-01"), str(get_locale()))


def _flaw(problem: Problem) -> str:
    """What is wrong with the first field that is."""
    facts = problem.facts
    found = Flaw("", facts.get("kind", "value_error"), str(facts["why"]), facts.get("bounds", {}))
    return promotion_words.flaw(found, str(get_locale()))


def _refused(problem: Problem) -> tuple[str, int] | Response:
    if problem.code == "host_unknown":
        roll_back()
        return Response("No programme is served under this address.\n", 404, mimetype="text/plain")
    if isinstance(problem, NotFound):
        return _lost(problem)
    if isinstance(problem, Forbidden):
        text = _("Your sign-in does not include this. Whoever keeps the staff's rights can add it")
        return _page(_("This is not open to you"), text, problem.status)
    if isinstance(problem, Outage):
        return plain.outage()
    return _page(_("This did not work"), refusal(problem), problem.status)


def _lost(_problem: Exception) -> tuple[str, int]:
    text = _("The link is out of date or leads to something you cannot see")
    return _page(_("There is no such page"), text, 404)


def _stale(_problem: CSRFError) -> tuple[str, int]:
    text = _("The page was open for too long, or cookies are off. Nothing was changed")
    return _page(_("Please send it once more"), text, 400)


def _too_large(_problem: RequestEntityTooLarge) -> tuple[str, int]:
    text = _(
        "A file may have %(most)s MB here. Pack it with gzip, or put it into the drop folder",
        most=(request.max_content_length or UPLOAD_MEGABYTES << 20) >> 20,
    )
    return _page(_("The file is too large"), text, 413)


def _broken(problem: Exception) -> tuple[str, int]:
    return plain.broken(problem, start=url_for("desk.index"))


def _page(title: str, text: str, status: int) -> tuple[str, int]:
    roll_back()
    found = g.get("desk_visitor")  # whom the page was refused to, where anybody was asked for
    shown = {"title": title, "text": text, "href": url_for("desk.index"), "button": _("To the desk")}
    shown |= {"visitor": found, "w": found.w if found else None}
    return render_template("desk/problem.html", **shown), status
