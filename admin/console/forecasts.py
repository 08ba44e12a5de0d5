"""Forecasts for a partner, reckoned from a backtest that is done: a page, and a paper for the partner."""

from flask import Response, request, url_for
from flask_admin import expose

from admin.console import forecast_told
from admin.console.forecast_paper import printed
from admin.console.forecast_told import ToldForecast
from admin.console.promotion_part import PromotionPart
from admin.desk import Answer
from coalition.cabinet.paper import letterhead
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import draft_by_id
from tenants.branding.letterhead import render
from tenants.runtime import clock
from tenants.runtime.errors import NotFound


class Forecasts(PromotionPart):
    """The forecasts of drafts: nothing of them is kept, the address says all that is assumed."""

    def draft_found(self, draft_id: int) -> PromotionDraft:
        """The draft, among those that the section is about."""
        return draft_by_id(self.session, draft_id)

    def require_backtest(self, draft: PromotionDraft, backtest_id: int) -> None:
        """Raise NotFound("backtest_unknown") for a replay that the section does not show; this one shows all."""

    def back(self, draft: PromotionDraft) -> str:
        """Where the draft is seen."""
        return url_for("desk_promotions.promotion", code=draft.code, _anchor="backtest")

    @expose("/<int:draft_id>/<int:backtest_id>")
    def forecast(self, draft_id: int, backtest_id: int) -> Answer:
        """What history says; and once it is asked for, what is assumed. What is wrong is told at its field."""
        told = self.told(draft_id, backtest_id)
        w = self.visitor.w
        page = self.page(
            "forecast.html", told=told, draft_id=draft_id, errors=told.form.errors, exact=forecast_told.exact,
            keys=forecast_told.keys(), notes=forecast_told.notes(told, w),
            rows=forecast_told.bound_rows(told.forecast, w), back=self.back(self.draft_found(draft_id)),
        )  # fmt: skip
        return (page, 422) if told.form.errors else page

    @expose("/<int:draft_id>/<int:backtest_id>/forecast.pdf")
    def paper(self, draft_id: int, backtest_id: int) -> Answer:
        """The forecast on the tenant's paper."""
        told = self.told(draft_id, backtest_id)
        if told.assumed is None:
            raise NotFound("paper_unknown")
        w = self.visitor.w
        head = letterhead(self.session, told.programme, w.lang)
        answer = Response(render(head, printed(told, w, clock.now())), mimetype="application/pdf")
        name = f"forecast-{told.code}-{backtest_id}.pdf"
        answer.headers.set("Content-Disposition", "attachment", filename=name)
        return answer

    def told(self, draft_id: int, backtest_id: int) -> ToldForecast:
        """The forecast of a draft from one of its replays."""
        draft = self.draft_found(draft_id)
        self.require_backtest(draft, backtest_id)
        form = forecast_told.sent(request.args, self.visitor.w)
        return forecast_told.told(self.session, backtest_id, draft, form, self.visitor.w)
