"""What sections stand on that are followed from the page of a promotion: they have no place in the menu."""

from flask import redirect, url_for
from flask_admin import expose

from admin.console.promotion_told import may_see
from admin.desk import Answer, DeskView, visitor
from tenants.permissions import Permission


class PromotionPart(DeskView):
    """Whoever has a part in a promotion's life sees it; its own address leads to the promotions."""

    permission = Permission.DESK_PROMOTION_EDIT
    within = "desk_promotions"

    def is_accessible(self) -> bool:
        """By the part in a promotion's life, not by the permission alone."""
        return may_see(visitor())

    @expose("/")
    def index(self) -> Answer:
        """What is here is kept with its promotion."""
        return redirect(url_for("desk_promotions.index"), 303)
