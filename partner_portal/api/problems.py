"""Refusals as RFC 9457 problem documents: a stable code, a sentence in the caller's language, where it is wrong."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, g, request
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from partner_portal.api.limits import RATE_LIMITED
from tenants.auth.limits import left_of
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.errors import Problem as Trouble
from tenants.runtime.language import LANGUAGES, translate
from tenants.translations import N_

MIMETYPE = "application/problem+json"

SENTENCES = {
    "https_needed": N_("Call this API by https://"),
    "token_missing": N_("Send the token of /v1/oauth/token as Authorization: Bearer"),
    "token_invalid": N_(
        "The token is not one of this programme's, has ended or was revoked. Ask for another"
    ),
    "certificate_needed": N_("Call with the certificate that this client is bound to; it must be in force"),
    "scope_missing": N_("The token does not have the scope %(scope)s"),
    "too_many_requests": N_("Too many requests of this client. Retry-After says when to go on"),
    "body_not_json": N_("The body must be a JSON object, sent as application/json"),
    "body_invalid": N_("Some fields cannot be accepted; `errors` says which and why"),
    "body_too_large": N_("The body is larger than 1 MB. Send less at once"),
    "idempotency_key_missing": N_("Send an Idempotency-Key of 1 to 255 visible characters with every write"),
    "request_in_progress": N_("The same request is being done. Ask again in a second with the same key"),
    "key_reused": N_("This Idempotency-Key was another request's. Use a new key for a new request"),
    "not_found": N_("There is no such thing here"),
    "method_not_allowed": N_("This address does not know this method"),
    "member_unknown": N_("Nobody is found by this. Check the card, phone or e-mail"),
    "too_many_tries": N_("Too many unknown cards or phones from here. Wait an hour"),
    "sum_mismatch": N_("The lines cost %(lines)s together, but the amount is %(amount)s"),
    "amount_invalid": N_("The amount must be above zero"),
    "in_the_future": N_("The time lies in the future. Check the clock that tells it"),
    "partner_unknown": N_("This client has no such partner"),
    "outlet_unknown": N_("This client has no such outlet"),
    "discounts_invalid": N_("The discounts are not those of the lines"),
    "receipt_invalid": N_("A text holds a character that cannot be kept"),
    "purchase_unknown": N_("There is no such purchase of this client's, so name the member too"),
    "points_not_taken": N_("Points do not pay at tills in this programme"),
    "points_over_limit": N_("Points may pay at most %(most)s of this cheque"),
    "not_enough_points": N_("She has %(available)s points, and %(asked)s are asked for"),
    "worth_nothing": N_("So few points are worth no money. Take more"),
    "code_needed": N_("Ask for a code on the member's phone first, or take her card"),
    "code_wrong": N_("The code is not right. Let her read it again"),
    "code_over": N_("The code is over, was tried too often or was made for another sale. Send a new one"),
    "vouchers_not_given": N_("This programme gives no vouchers for tills without a line"),
    "voucher_too_large": N_("A voucher is for at most %(most)s points"),
    "voucher_invalid": N_("The voucher is not this member's, or not this client's"),
    "voucher_over": N_("The voucher is used or has ended, and its points are free again"),
    "voucher_too_small": N_("The voucher is for %(most)s points only"),
    "too_many_codes": N_("Too many codes for now. Wait an hour, or take her card"),
    "codes_not_sent": N_("No channel for codes is set up here. Take her card"),
    "phone_missing": N_("No phone of hers is known, so no code can be sent. Take her card"),
    "sale_is_booked": N_("The sale is booked already. Only a return undoes it"),
    "handle_missing": N_("Tell a phone or an e-mail, or give her a card: nothing else would find her"),
    "handle_taken": N_("This is another member's already. Find her by it, or leave it out"),
    "card_number_foreign": N_("This programme takes no card with such a number"),
    "card_unknown": N_("There is no card of this number. Check the number"),
    "card_blocked": N_("The card is blocked. Find the member by her phone, and replace the card"),
    "card_active": N_("The card is active already, so it needs no link"),
    "texts_not_sent": N_("No channel for texts is set up here. Activate the card at the till"),
    "too_many_links": N_("Too many links for now. Wait an hour, or activate the card at the till"),
    "card_replaced": N_("Another card has replaced this one already"),
    "referral_unknown": N_("Nobody has this code for friends. Check it, or enrol her without"),
    "referral_self": N_("This is a code of her own. Enrol her without"),
    "referral_newer": N_("Who came later cannot bring a friend. Enrol her without the code"),
    "grant_unknown": N_("There is no coupon, certificate or privilege of this code"),
    "grant_expired": N_("Its last day was %(last_day)s"),
    "grant_used_up": N_("Of this code %(left)s can be used yet"),
    "request_reused": N_("This reference was another use's. Take a new one"),
    "not_a_sandbox": N_("This is no sandbox: its clock is everybody's, and cannot be moved"),
    "clock_back": N_("Time does not go back. In the sandbox it is %(now)s already"),
    "clock_too_far": N_("Ten years ahead is the furthest. Today it can be moved to %(latest)s at most"),
    "clock_move_too_long": N_("Move it by %(days)s days at most at a time"),
    "nul_in_request": N_("A text holds a character that cannot be kept"),
    "not_accepted": N_("This cannot be done now. Nothing was changed"),
    "host_unknown": N_("No programme is served under this address"),
    "database_away": N_("The database does not answer. Nothing was done; send the same request again"),
    "unexpected": N_("Something went wrong on our side. Nothing was done; send the same request again"),
}
"""What every code of this API says; one that is not here is told as `not_accepted` or `unexpected`."""

STATUS = dict.fromkeys(SENTENCES, 422) | {
    "https_needed": 400,
    "token_missing": 401,
    "token_invalid": 401,
    "certificate_needed": 401,
    "scope_missing": 403,
    "body_not_json": 400,
    "body_too_large": 413,
    "idempotency_key_missing": 400,
    "request_in_progress": 409,
    "not_found": 404,
    "method_not_allowed": 405,
    "member_unknown": 404,
    "partner_unknown": 404,
    "outlet_unknown": 404,
    "purchase_unknown": 404,
    "nul_in_request": 400,
    "too_many_tries": 429,
    "too_many_codes": 429,
    "too_many_links": 429,
    "too_many_requests": 429,
    "sale_is_booked": 409,
    "handle_taken": 409,
    "card_unknown": 404,
    "card_blocked": 409,
    "card_active": 409,
    "card_replaced": 409,
    "grant_unknown": 404,
    "request_reused": 409,
    "not_a_sandbox": 404,
    "host_unknown": 404,
    "database_away": 503,
    "unexpected": 503,
}
"""With which status each code is answered: the house's own exceptions know no HTTP."""

RETRY_AFTER = {"request_in_progress": 1, "database_away": 1, "unexpected": 1}
"""After how many seconds it is worth asking again; of what is limited by time, when its window ends."""


class FieldProblem(BaseModel):
    """What is wrong with one field, found by its JSON pointer (RFC 6901)."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """A refusal (RFC 9457). `code` is for programs, `detail` for people; `errors` name fields."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] | None = None


_FIELDS = {
    "missing": N_("This field is needed"),
    "extra_forbidden": N_("There is no such field"),
    "greater_than": N_("Must be greater than %(gt)s"),
    "greater_than_equal": N_("Must be at least %(ge)s"),
    "less_than": N_("Must be less than %(lt)s"),
    "less_than_equal": N_("Must be at most %(le)s"),
    "string_too_long": N_("May be at most %(max_length)s characters long"),
    "string_too_short": N_("Must be at least %(min_length)s characters long"),
    "too_long": N_("May have at most %(max_length)s entries"),
    "too_short": N_("Must have at least %(min_length)s entries"),
    "decimal_max_places": N_("May have at most %(decimal_places)s digits after the point"),
    "int_type": N_("Must be a whole number"),
    "int_parsing": N_("Must be a whole number"),
    "int_parsing_size": N_("The number is too large"),
    "string_type": N_("Must be a text"),
    "list_type": N_("Must be a list"),
    "moment_range": N_("Must lie between 2000 and 2100"),
    "timezone_aware": N_("Needs its offset from UTC, as 2026-12-01T10:30:00+03:00"),
    "enum": N_("Must be one of %(expected)s"),
    "literal_error": N_("Must be one of %(expected)s"),
    "event_unknown": N_("No promotion was for an event of this name at its time"),
    "event_text": N_("Must be a text of 200 characters at most"),
    "event_whole": N_("Must be a whole number"),
    "event_flag": N_("Must be true or false"),
    "event_date": N_("Must be a day, as 2026-12-01"),
    "unprintable": N_("A text holds a character that cannot be kept"),
    "dict_type": N_("Must be an object"),
    "string_pattern_mismatch": N_("Does not have the right form"),
    "text_invalid": N_("Holds a character that is no text"),
    "card_number": N_("The number of a payment card must not be told here"),
    "phone_invalid": N_("Must be a phone in E.164, as +79140000147"),
    "email_invalid": N_("Must be an e-mail address"),
    "day_invalid": N_("Must be a day, as 1990-05-31"),
    "now_or_days": N_("Tell either now or advance_days"),
    "born_on_invalid": N_("Must be a day since 1900 that has come"),
}


class Wrong(NamedTuple):
    """What an action found wrong with a body: the way to the field, a code that has a sentence, plain English."""

    place: tuple[str, ...]
    code: str
    why: str


def unfit(found: Iterable[Wrong]) -> ValidationError:
    """What an action found wrong, as if the body's model had: told alike, field by field."""
    return ValidationError.from_exception_data(
        "body",
        [
            InitErrorDetails(type=PydanticCustomError(one.code, one.why), loc=one.place, input=None)  # type: ignore[arg-type]
            for one in found
        ],
    )


def language() -> str:
    """The caller's language: what it accepts, English where it says nothing that the house speaks."""
    return language_of(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=1_000)
def language_of(accepted: str) -> str:
    """The same, of the header itself."""
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES) or "en"


def document(problem: Trouble, errors: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """What is told of a refusal or an outage; `errors` name the fields."""
    code = problem.code
    if code not in SENTENCES:
        code = "unexpected" if isinstance(problem, Outage) else "not_accepted"
    status, lang = STATUS[code], language()
    told: dict[str, Any] = {
        "type": f"urn:coalition:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": translate(lang, SENTENCES[code], **_facts(problem)),
        "request_id": g.get("request_id", ""),
    }
    named = list(errors)
    if pointer := problem.facts.get("pointer"):
        named.append({"pointer": pointer, "code": code, "detail": told["detail"]})
    if named:
        told["errors"] = named
    return told


def answer(problem: Trouble, errors: Iterable[dict[str, Any]] = ()) -> Response:
    """The answer with the document."""
    told = document(problem, errors)
    status, code = told["status"], told["code"]
    found = Response(json.dumps(told, ensure_ascii=False), status, content_type=MIMETYPE)
    found.headers["Content-Language"] = language()
    if status == HTTPStatus.UNAUTHORIZED:
        error = "" if code == "token_missing" else ', error="invalid_token"'
        found.headers["WWW-Authenticate"] = f'Bearer realm="coalition"{error}'
    if code in RATE_LIMITED:
        found.headers["Retry-After"] = str(left_of(RATE_LIMITED[code]))
    elif code in RETRY_AFTER:
        found.headers["Retry-After"] = str(RETRY_AFTER[code])
    return found


def invalid(error: ValidationError) -> Response:
    """The document of a body that does not fit its model: every field, with its JSON pointer (RFC 6901)."""
    lang = language()
    return answer(Refusal("body_invalid"), [_field(lang, one) for one in error.errors(include_url=False)])


def _field(lang: str, one: Any) -> dict[str, Any]:
    sentence = _FIELDS.get(one["type"])
    facts = one.get("ctx", {})
    return {
        "pointer": "".join(f"/{_escaped(part)}" for part in one["loc"]),
        "code": one["type"],
        "detail": translate(lang, sentence, **facts) if sentence else one["msg"],
    }


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _facts(problem: Trouble) -> dict[str, str]:
    return {name: _fact(value) for name, value in problem.facts.items()}


def _fact(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
