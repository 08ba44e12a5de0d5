"""The API's own description: OpenAPI 3.1, made from what is declared and from nothing else."""

from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from coalition.webhooks.kinds import KINDS, Told
from partner_portal.api.authorization import TOKEN_PROBLEMS
from partner_portal.api.callers import SCOPES
from partner_portal.api.operations import COMMON, WRITING, Operation
from partner_portal.api.problems import MIMETYPE, SENTENCES, STATUS, Problem
from partner_portal.api.v1 import OPERATIONS

_REF = "#/components/schemas/{model}"


@cache
def document() -> dict[str, Any]:
    """The document, as every host serves it."""
    taken = [(one.takes, "validation") for one in OPERATIONS if one.takes]
    given = [(one.gives, "serialization") for one in OPERATIONS]
    told = [(one, "serialization") for one in KINDS.values()]
    names, schemas = models_json_schema(
        [*taken, *given, *told, (Problem, "serialization")],  # type: ignore[list-item]
        ref_template=_REF,
    )
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Coalition", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/v1"}],
        "paths": paths | _tokens(),
        "webhooks": {kind: _webhook(one, names) for kind, one in KINDS.items()},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "client": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": "/v1/oauth/token",
                            "scopes": {name: scope.about for name, scope in SCOPES.items()},
                        }
                    },
                }
            },
        },
    }


_ABOUT = (
    "Money is in minor units of the programme's currency, points in its smallest units: of a programme whose points "
    "have `scale` 2, 1250 is 12.50. Times carry their offset from UTC (RFC 3339). Refusals are problem documents "
    "(RFC 9457); their `code` never changes its meaning, `detail` is for people and follows Accept-Language (ru, en). "
    "Within version 1 fields and codes are only ever added."
)


def _operation(one: Operation, names: Any) -> dict[str, Any]:
    codes = (*COMMON, *(WRITING if one.writes else ()), *one.problems)
    if one.takes:
        codes += ("body_not_json", "body_invalid", "body_too_large")
    if one.asks:
        codes += ("body_invalid", "nul_in_request")
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.about,
        "security": [{"client": [one.scope]}],
        "parameters": [*_ids(one.path), *_asked(one), *([_KEY] if one.writes else [])],
        "responses": {
            str(int(one.status)): {
                "description": HTTPStatus(one.status).phrase,
                "headers": _LIMITED | _SANDBOX,
                "content": {"application/json": {"schema": names[one.gives, "serialization"]}},
            },
            **_refusals(codes),
        },
    }
    if one.takes:
        schema = names[one.takes, "validation"]
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


_LIMITED = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": 'Limits that this request has met, as `"requests";q=60000;w=60`: so many in so many seconds',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": 'What is left of each, as `"requests";r=59999;t=41`: so many, for so many seconds from now',
    },
}
_SANDBOX = {
    "Coalition-Sandbox": {
        "schema": {"const": "true"},
        "description": "Of a sandbox alone: nothing that is done here is done to a member",
    }
}
_LATER = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "In so many seconds"}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "A name of this request: sent again with it, it is done once and answered the same",
}


def _ids(path: str) -> list[dict[str, Any]]:
    return [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for part in path.split("/")
        if part.startswith("{")
    ]


def _asked(one: Operation) -> list[dict[str, Any]]:
    fields = one.asks.model_json_schema()["properties"] if one.asks else {}
    return [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in fields.items()
    ]


def _refusals(codes: tuple[str, ...]) -> dict[str, Any]:
    """By status, with every code and what it says."""
    found: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        found.setdefault(str(STATUS[code]), []).append(f"- `{code}`: {SENTENCES[code]}")
    return {
        status: {
            "description": "\n".join(lines),
            **({"headers": _LIMITED | _LATER} if status == "429" else {}),
            "content": {MIMETYPE: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}},
        }
        for status, lines in sorted(found.items())
    }


def _webhook(told: type[Told], names: Any) -> dict[str, Any]:
    """A message as its endpoint gets it: by the Standard Webhooks specification, signed over id, time and body."""
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": told.kind},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened"},
            "data": names[told, "serialization"],
        },
    }
    return {
        "post": {
            "operationId": told.kind,
            "summary": told.about,
            "security": [],
            "parameters": [
                {"name": name, "in": "header", "required": True, "schema": schema, "description": about}
                for name, schema, about in _SIGNED
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "2XX": {"description": "Taken. Any other answer is tried again for three days"},
                "410": {"description": "Nothing more is wanted: the endpoint ends"},
            },
        }
    }


_SIGNED = (
    ("webhook-id", {"type": "string"}, "The message's own; one that comes again has it again"),
    (
        "webhook-timestamp",
        {"type": "string", "pattern": "^[0-9]+$"},
        "Of this attempt, in seconds since 1970",
    ),
    (
        "webhook-signature",
        {"type": "string"},
        "`v1,` and HMAC-SHA256 in base64; several while secrets change",
    ),
)


def _tokens() -> dict[str, Any]:
    """The two OAuth endpoints, as RFC 6749 and RFC 7009 have them."""
    error = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    refused = {"description": "As RFC 6749, 5.2", "content": {"application/json": {"schema": error}}}
    token = {
        "type": "object",
        "required": ["access_token", "token_type", "expires_in", "scope"],
        "properties": {
            "access_token": {"type": "string"},
            "token_type": {"const": "Bearer"},
            "expires_in": {"type": "integer"},
            "scope": {"type": "string"},
        },
    }

    def posted(
        name: str, about: str, required: list[str], fields: dict[str, Any], gives: dict[str, Any]
    ) -> Any:
        form = {"type": "object", "required": required, "properties": fields}
        return {
            "post": {
                "operationId": name,
                "summary": about,
                "security": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/x-www-form-urlencoded": {"schema": form}},
                },
                "responses": {**_refusals(TOKEN_PROBLEMS), "200": gives, "400": refused, "401": refused},
            }
        }

    text = {"type": "string"}
    client = {"client_id": text, "client_secret": text}
    return {
        "/oauth/token": posted(
            "make_token",
            "A token for fifteen minutes, by client id and secret (in the form, or as HTTP Basic), by a signed "
            "statement, or by the client's certificate (mutual TLS)",
            ["grant_type"],
            {"grant_type": {"const": "client_credentials"}, "scope": text} | client,
            {"description": "OK", "content": {"application/json": {"schema": token}}},
        ),
        "/oauth/revoke": posted(
            "revoke_token",
            "Give a token up before its time",
            ["token"],
            {"token": text} | client,
            {"description": "OK"},
        ),
    }
