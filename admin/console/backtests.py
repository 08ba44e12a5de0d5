"""Backtests of drafts, asked for and followed from the page of the promotion: they have no place in the menu."""

import io
from datetime import timedelta

from flask import redirect, url_for
from flask_admin import expose

from admin.console import backtest_told
from admin.console.backtest_told import Result
from admin.console.payouts import decimal
from admin.console.promotion_part import PromotionPart
from admin.desk import Answer, attachment
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import newest_day
from coalition.programmes.queries import programme_by_id
from coalition.promotions.gives import Giving
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import draft_by_id
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound
from tenants.runtime.tables import write_csv

HEADER = ("by", "name", "then", "would_be", "difference", "difference_money", "unit")


class Backtests(PromotionPart):
    """The backtests of drafts."""

    @expose("/<int:draft_id>", methods=["POST"])
    def replay(self, draft_id: int) -> Answer:
        """Replay the last weeks of purchases with the draft."""
        draft = draft_by_id(self.session, draft_id)
        code = draft.code
        self.attempt(lambda: self._replay(draft))
        return redirect(url_for("desk_promotions.promotion", code=code, _anchor="backtest"), 303)

    @expose("/<int:draft_id>/<int:backtest_id>")
    def panel(self, draft_id: int, backtest_id: int) -> Answer:
        """The panel alone: as far as the replay is."""
        draft = draft_by_id(self.session, draft_id)
        told = backtest_told.told(self.session, backtest_id, draft, self.visitor.w)
        may_replay = self.visitor.may(Permission.DESK_PROMOTION_EDIT)
        return self.page("backtest.html", draft_id=draft_id, backtest=told, may_replay=may_replay)

    @expose("/<int:draft_id>/<int:backtest_id>/backtest.csv")
    def download(self, draft_id: int, backtest_id: int) -> Answer:
        """The tables, each line with its unit."""
        draft = draft_by_id(self.session, draft_id)
        results = backtest_told.told(self.session, backtest_id, draft, self.visitor.w).results
        if not results:
            raise NotFound("backtest_unknown")
        stream = io.StringIO(newline="")
        rows = (
            (
                by,
                name,
                *(decimal(units, result.unit.scale) for units in (was, would, would - was)),
                _in_money(result, would - was),
                result.unit.code,
            )
            for result in results
            for by, name, was, would in backtest_told.csv_rows(result)
        )
        write_csv(stream, HEADER, rows)
        return attachment(stream.getvalue(), f"backtest-{draft.code}-{backtest_id}.csv")

    def _replay(self, draft: PromotionDraft) -> None:
        last = newest_day(self.session, programme_by_id(self.session, draft.programme_id))
        start_backtest(
            self.session,
            self.actor,
            programme_id=draft.programme_id,
            code=draft.code,
            document=draft.document,
            first_day=last - timedelta(days=7 * backtest_told.WEEKS - 1),
            last_day=last,
        )


def _in_money(result: Result, units: int) -> str:
    """What so many units more, or less, are in money; nothing for pieces, which have no price here."""
    match result.unit.giving:
        case Giving.BENEFIT:
            return ""
        case Giving.DISCOUNT:
            return decimal(units, result.unit.w.exponent)
    return decimal(result.worth(units), result.unit.w.exponent)
