"""What sections stand on that are followed from the page of a promotion: they have no place in the menu."""

from flask import redirect, url_for
from flask_admin import expose

from admin.desk import Answer, DeskView
from tenants.permissions import Permission


class PromotionPart(DeskView):
    """Whoever sees promotions sees it; its own address leads to the promotions."""

    reads = Permission.DESK_PROMOTION_READ
    permission = Permission.DESK_PROMOTION_EDIT
    within = "desk_promotions"

    @expose("/")
    def index(self) -> Answer:
        """What is here is kept with its promotion."""
        return redirect(url_for(f"{self.within}.index"), 303)
