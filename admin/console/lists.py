"""Lists of the back office as pages: conditions, filters that were kept, the table, and the way to a file of it all."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import ROWS, Answer, Cell, Column, DeskView, Listing
from coalition.reports.filters import filters_of
from coalition.reports.lists import base
from coalition.reports.lists.base import Register, Value, part
from coalition.reports.models import SavedFilter
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.translations import N_

TEXT_MOST = 80
"""Of a cell on a page; a file has the whole text."""
ABOUT = {
    "all_members": N_("Everybody in the programme, masked. The contact centre finds somebody by phone, card or name"),
    "purchases": N_("Every purchase that a bank file, a till or a shop has told, by the day on which it happened"),
    "redemptions": N_("Everything that members have spent points on"),
    "cards": N_("Loyalty cards by the day on which they were issued; a number is shown by its end alone"),
    "messages": N_("Texts to phones: when, and what became of them. What they said and to whom is never kept"),
    "returns": N_(
        "Money was given back, no purchase was found for it in time, and the programme leaves the decision to a person"
    ),
    "rejected": N_("Nothing of these lines was kept but what stands here"),
    "unmatched": N_("These lines are kept, and posted when a member has the card in time"),
}  # fmt: skip
EMPTY = {
    "all_members": N_("Nobody is in the programme yet"),
    "purchases": N_("No purchase was told yet"),
    "redemptions": N_("Nobody has spent points yet"),
    "cards": N_("No card was issued yet"),
    "messages": N_("No text was sent lately"),
    "returns": N_("Every return has found its purchase or its decision"),
    "rejected": N_("No line of this file was rejected"),
    "unmatched": N_("Every card of this file is somebody's"),
}


class ListPage(DeskView):
    """A section that is one list."""

    def __init__(self, register: Register[Any], icon: str, **said: Any) -> None:
        self.register, self.reads, self.icon = register, register.reads, icon
        super().__init__(**said)

    @expose("/")
    def index(self) -> Answer:
        """A page of it."""
        return shown(self, self.register)


def shown(
    view: DeskView, register: Register[Any], given: Mapping[str, str] | None = None, **more: Any
) -> str:
    """The page of a list that the address asks for; `given` are conditions that its path says."""
    w, session = view.visitor.w, view.session
    conditions = register.clean({**request.args, **(given or {})})
    found = part(
        session,
        register,
        conditions,
        w.zone,
        onward=request.args.get("older"),
        back=request.args.get("newer"),
        size=ROWS,
    )
    asked = {name: said for name, said in conditions.items() if name not in (given or {})}
    onward, may_see = partial(_address, asked), view.visitor.may(Permission.DESK_MEMBER_READ)
    values = register.told(session, found.rows, w) if found.rows else []
    listing = Listing(
        [_column(place, one, w, may_see=may_see) for place, one in enumerate(register.columns)],
        values,
        (),
        "&".join(asked),
        onward(newer=found.back) if found.back else None,
        onward(older=found.onward) if found.onward else None,
        (N_("Newer"), N_("Older")) if register.newest_first else (N_("Back"), N_("Further")),
        tells_all=True,
    )
    return view.page(
        "list.html",
        listing=listing,
        register=register,
        title=_(register.title),
        about=_(ABOUT[register.code]),
        empty=_(EMPTY[register.code]),
        pills=[(one.code, _(one.title), onward(show=one.code)) for one in register.pills],
        all_href=onward(show=None),
        choices=[
            (one.code, _(one.title), one.options(session, w.lang), asked.get(one.code))
            for one in register.choices
        ],
        conditions=conditions,
        asked=asked,
        unfinished=found.unfinished,
        window=base.WINDOW,
        options_most=base.OPTIONS_MOST,
        kept=[(one, filter_href(register, one)) for one in _kept(view, register, given)],
        may_export=view.visitor.may(Permission.DESK_LIST_EXPORT),
        may_save=given is None and view.visitor.may(Permission.DESK_LIST_SAVE),
        **more,
    )


def filter_href(register: Register[Any], one: SavedFilter) -> str:
    """The list as a filter shows it."""
    return url_for(f"desk_{register.code}.index", **register.clean(one.conditions))


def list_href(register: Register[Any], conditions: Mapping[str, str]) -> str:
    """Where a list is, narrowed so."""
    asked = {name: said for name, said in conditions.items() if name != "file"}
    if register.within:
        return url_for(f"desk_files.{register.code}", file_id=int(conditions["file"]), **asked)
    return url_for(f"desk_{register.code}.index", **asked)


def told(session: Any, register: Register[Any], conditions: Mapping[str, str], w: Words) -> str:
    """Conditions in words."""
    said = [_(pill.title) for pill in register.pills if pill.code == conditions.get("show")]
    for choice in register.choices:
        if choice.code in conditions:
            names = choice.options(session, w.lang)
            said.append(f"{_(choice.title)}: {names.get(conditions[choice.code], conditions[choice.code])}")
    for name, word in (("since", N_("from %(day)s")), ("until", N_("to %(day)s, inclusive"))):
        if name in conditions:
            said.append(_(word, day=w.written_day(base.day(conditions[name]))))
    if "file" in conditions:
        said.append(_("file %(number)s", number=conditions["file"]))
    return ", ".join(said) or _("no conditions")


def _kept(view: DeskView, register: Register[Any], given: object) -> Sequence[SavedFilter]:
    assert view.actor.id is not None, "only staff is here"
    return () if given else filters_of(view.session, view.actor.id, register.code)


def _address(asked: Mapping[str, str], **more: str | None) -> str:
    values = {**(request.view_args or {}), **asked, **more}
    return url_for(str(request.endpoint), **{name: value for name, value in values.items() if value})


def _column(place: int, column: base.Column, w: Words, *, may_see: bool) -> Column[Sequence[Value]]:
    return Column(
        column.title,
        lambda values: _cell(values[place], w, may_see=may_see),
        number=column.number,
        wide=column.wide,
    )


def _cell(value: Value, w: Words, *, may_see: bool) -> Cell:
    match value:
        case None:
            return Cell("—")
        case base.Money(minor):
            return Cell(w.money(minor))
        case base.Points(units):
            return Cell(w.amount(units))
        case base.State(text, tone, icon):
            return Cell(text, tone=tone or "plain", icon=icon)
        case base.Member(number, _text, row):
            href = url_for("desk_members.member", member_id=number, row=row or None) if may_see else ""
            return Cell(_short(value.told), href=href)
        case base.Return(member_id, number, at):
            return Cell(
                w.moment(at), href=url_for("desk_returns.decide", member_id=member_id, return_id=number)
            )
        case int():
            return Cell(w.number(value))
        case str():
            return Cell(_short(value))
    return Cell(w.moment(value) if hasattr(value, "hour") else w.day(value))


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MOST else f"{text[:TEXT_MOST]}…"
