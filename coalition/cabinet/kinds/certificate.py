"""Certificates: the shelf with prices and stock, the code, the paper with its QR."""

from collections.abc import Mapping

from flask import url_for
from flask_babel import gettext as _

from coalition.cabinet.kinds.base import Choice, Told, remains, spent_first
from coalition.cabinet.views import Asked, CertificateOffer, Done, Link, Shelf
from coalition.cabinet.visit import Visit
from coalition.ledger.queries import balance_of
from coalition.redemption.actions import Quote
from coalition.redemption.kinds.certificate import CertificateTerms
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.queries import certificate_of, rewards, stock
from tenants.branding.formats import money
from tenants.branding.letterhead import Document

_FACES = ("brand", "accent")


class CertificateFace:
    """Gift certificates of partners."""

    kind = "certificate"
    icon = "ticket-perforated"

    def shelf(self, visit: Visit, asked: Mapping[str, str]) -> Shelf | None:
        """Every certificate with its price; what is missing or sold out is said in its place."""
        left = stock(visit.session, visit.programme)
        available = balance_of(visit.session, visit.member_id).available
        items = [
            self._offer(visit, reward, left.get(reward.id, 0), available, _FACES[place % 2])
            for place, reward in enumerate(rewards(visit.session, self.kind))
        ]
        template = "cabinet/shelf_certificates.html"
        return Shelf("certificates", _("Certificates"), _("Certificates"), template, items) if items else None

    def _offer(self, visit: Visit, reward: Reward, left: int, available: int, face: str) -> CertificateOffer:
        terms = CertificateTerms.model_validate(reward.terms)
        name = visit.said(reward.name)
        short = next(
            (word for word in name.replace("«", " ").replace("»", " ").split() if word.isalpha()), name
        )
        offer = CertificateOffer(face, short[:8].upper(), name, visit.said(reward.about), terms.points)
        if not left:
            return CertificateOffer("", offer.short, name, "", terms.points, out=_("Sold out for now"))
        if terms.points > available:
            missing = _("%(points)s short", points=visit.w.amount(terms.points - available))
            return CertificateOffer("", offer.short, name, missing, terms.points)
        href = url_for("cabinet.confirm", code=reward.code)
        return CertificateOffer(face, offer.short, name, offer.about, terms.points, href=href)

    def choice(self, visit: Visit, said: Mapping[str, str]) -> Choice:
        """Nothing to choose."""
        return {}

    def asked(self, visit: Visit, reward: Reward, choice: Choice, quote: Quote) -> Asked:
        """What it is worth, what goes first, what remains."""
        w = visit.w
        return Asked(
            title=_(
                "Take %(name)s for %(points)s?", name=visit.said(reward.name), points=w.points(quote.points)
            ),
            pairs=[(_("Face value"), w.money(quote.minor)), *spent_first(quote, w), remains(quote, w)],
            promise=_("The code comes at once. A code that was shown cannot be given back"),
            button=_("Take for %(points)s", points=w.points(quote.points)),
            keep=_("Keep the points"),
        )

    def told(self, visit: Visit, reward: Reward, redemption: Redemption) -> Told:
        """Its name and value."""
        return Told(
            visit.said(reward.name), _("Certificate for %(money)s", money=visit.w.money(redemption.minor))
        )

    def done(self, visit: Visit, reward: Reward, redemption: Redemption) -> Done:
        """The code and its paper."""
        w = visit.w
        certificate, code = certificate_of(visit.session, redemption)
        return Done(
            title=_("The certificate is yours"),
            tone="good",
            icon="check2",
            text=_(
                "%(name)s. Valid to %(day)s", name=visit.said(reward.name), day=w.day(certificate.valid_to)
            ),
            code=code,
            pairs=[
                (_("Face value"), w.money(redemption.minor)),
                (_("Taken"), w.moment(redemption.made_at)),
                (_("Spent"), w.points(redemption.points)),
            ],
            download=Link(
                url_for("cabinet.paper", redemption_id=redemption.id), _("Download the certificate as PDF")
            ),
        )

    def paper(self, visit: Visit, reward: Reward, redemption: Redemption) -> Document | None:
        """The certificate with its code and QR."""
        w = visit.w
        certificate, code = certificate_of(visit.session, redemption)
        value = money(redemption.minor, w.currency, w.lang, always_minor=True)
        return Document(
            title=_("Gift certificate"),
            subtitle=visit.said(reward.name),
            number=_("Certificate %(number)s", number=str(redemption.id)[-12:].upper()),
            made_at=redemption.made_at,
            pairs=[
                (_("Issued"), w.written(redemption.made_at)),
                (_("Valid to"), w.written_day(certificate.valid_to)),
                (_("Paid"), w.points(redemption.points)),
            ],
            total=(_("Face value"), value),
            code=code,
            code_label=_("Certificate code"),
            notes=[
                visit.said(reward.about),
                _("Show the code at the till or enter it in the partner's shop"),
            ],
        )
