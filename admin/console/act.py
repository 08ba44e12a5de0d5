"""The act of a statement as PDF: the same sums as the page, from the same lines, on the brand's letterhead."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.settlement_desk import ABOUT, KINDS
from coalition.cabinet.paper import letterhead
from coalition.programmes.models import Programme
from coalition.settlement.closing import said
from coalition.settlement.flows import OWED, OWES
from coalition.settlement.models import Statement, StatementLine
from coalition.settlement.payments import reference_of
from tenants.branding import formats
from tenants.branding.accounts import Account, Party
from tenants.branding.in_words import sum_in_words
from tenants.branding.letterhead import Document, render
from tenants.branding.words import Words


def act_number(statement: Statement) -> str:
    """As the act and its payment call it: 2026-10-0118."""
    return f"{said(statement.month)}-{statement.number:04}"


def about(line: StatementLine, w: Words) -> str:
    """The smaller line below the words of a line: what a fee or a tax is of, or what the points are."""
    if line.rate:
        of = w.money(line.base or 0)
        return _("%(rate)s of %(sum)s", rate=w.percent(line.rate), sum=of)
    return _(ABOUT[line.kind]) if line.kind in ABOUT else ""


def act(
    session: Session,
    programme: Programme,
    statement: Statement,
    lines: Sequence[StatementLine],
    names: Mapping[int, str],
    w: Words,
) -> bytes:
    """The PDF; the same statement in the same language gives the same bytes."""
    head = letterhead(session, programme, w.lang)
    legal = statement.terms["operator"]["legal"]
    details = [one for one in (legal["address"], _numbers(legal, account=True)) if one]
    return render(replace(head, details=details), document(statement, lines, names, w))


def document(
    statement: Statement, lines: Sequence[StatementLine], names: Mapping[int, str], w: Words
) -> Document:
    """What the act says."""
    operator, participant = (statement.terms[one]["legal"] for one in ("operator", "participant"))
    owes, owed = (sum(line.minor for line in lines if line.side == side) for side in (OWES, OWED))
    net = owes - owed
    until = w.written_day(statement.pay_by)
    words = sum_in_words(abs(net), w.currency, w.lang)
    month = formats.month(statement.month, w.lang)
    contract = statement.terms["participant"]["contract"]
    return Document(
        title=_("Act of mutual settlement No. %(number)s", number=act_number(statement)),
        subtitle=_("for %(month)s, contract %(contract)s", month=month, contract=contract)
        if contract
        else _("for %(month)s", month=month),
        number=_("Act %(number)s", number=act_number(statement)),
        made_at=statement.closed_at,
        digest=statement.digest.hex(),
        pairs=(),
        parties=(
            Party(
                _("Operator of the programme"),
                operator["name"] or names[statement.operator_id],
                _numbers(operator),
            ),
            Party(
                _("Participant"),
                participant["name"] or names[statement.participant_id],
                _numbers(participant),
            ),
        ),
        accounts=(
            _account(1, _("The participant owes the operator"), lines, OWES, w),
            _account(2, _("The operator owes the participant"), lines, OWED, w),
        ),
        total=(_pays(net), _exact(abs(net), w)),
        total_comes=f"{_exact(owes, w)} {formats.MINUS} {_exact(owed, w)}",
        notes=(
            _(
                "%(words)s. To be paid until %(day)s with the reference %(reference)s.",
                words=words,
                day=until,
                reference=reference_of(statement),
            )
            if net
            else f"{words}.",
            _(
                "Every sum is that of its register, which goes with the act as a file. Without an objection until"
                " %(day)s the act counts as agreed.",
                day=w.written_day(statement.answer_by),
            ),
        ),
        signed=((_("Operator"), operator["signer"]), (_("Participant"), participant["signer"])),
    )


def _pays(net: int) -> str:
    if net == 0:
        return _("Nothing is to be paid")
    return _("The participant pays the operator") if net > 0 else _("The operator pays the participant")


def _account(number: int, title: str, lines: Sequence[StatementLine], side: int, w: Words) -> Account:
    own = [line for line in lines if line.side == side]
    return Account(
        f"{number}. {title}",
        (_("Operations"), w.forms[-1].capitalize() or _("Points"), _("Sum")),
        [
            (
                f"{number}.{place}. {_(KINDS[line.kind])}",
                about(line, w),
                (
                    w.number(line.count) if line.count else "—",
                    w.amount(line.points) if line.points else "—",
                    _exact(line.minor, w),
                ),
            )
            for place, line in enumerate(own, 1)
        ],
        (_("In all by part %(number)s", number=number), _exact(sum(line.minor for line in own), w)),
    )


def _exact(minor: int, w: Words) -> str:
    """Money with its kopecks, as documents have it."""
    return formats.money(minor, w.currency, w.lang, always_minor=True)


def _numbers(legal: Mapping[str, str], *, account: bool = False) -> str:
    found = [_("INN %(inn)s", inn=legal["inn"])] if legal["inn"] else []
    found += [_("KPP %(kpp)s", kpp=legal["kpp"])] if legal["kpp"] else []
    found += [_("account %(number)s", number=legal["account"])] if account and legal["account"] else []
    return ", ".join(found)
