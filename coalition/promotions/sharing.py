"""What many rules of one index have in common, made once: less to make, to keep, and for the collector to walk."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from coalition.promotions.case import Setting
from coalition.promotions.document import Document, Funder, Limits
from coalition.promotions.index import Codes, Deposited, Limit, Pool
from coalition.promotions.periods import Span
from coalition.promotions.validity import Validity

_Share = tuple[tuple[int, int, int, Validity | None], int]  # where points go, and how much of them


class Shared:
    """Parts of rules by what is written of them, in one programme; `deposits` are (purse, since when) by payer.

    `pools` are numbered already.
    """

    def __init__(
        self,
        codes: Codes,
        delay_days: int,
        deposits: Mapping[int, tuple[int, int]],
        pools: Sequence[Pool] = (),
    ):
        self.codes, self.delay_days, self.deposits = codes, delay_days, deposits
        self.pools = {pool: number for number, pool in enumerate(pools)}
        self._partners: dict[tuple[str, ...], frozenset[int]] = {}
        self._mcc: dict[tuple[str, ...], frozenset[int]] = {}
        self._limits: dict[tuple[int | tuple[Span, Decimal], ...], tuple[Limit, ...]] = {}
        self._shares: dict[tuple[_Share, ...], tuple[tuple[int, int], ...]] = {}

    def partners(self, written: tuple[str, ...]) -> frozenset[int] | None:
        """The partners' numbers; nothing where none is named."""
        if not written:
            return None
        found = self._partners.get(written)
        if found is None:
            found = self._partners[written] = frozenset(map(self.codes.partners.__getitem__, written))
        return found

    def mcc(self, written: tuple[str, ...]) -> frozenset[int] | None:
        """The categories' numbers; nothing where none is named."""
        if not written:
            return None
        found = self._mcc.get(written)
        if found is None:
            found = self._mcc[written] = frozenset(map(int, written))
        return found

    def limits(self, written: Limits, setting: Setting) -> tuple[Limit, ...]:
        """What one member gets at most in each period that has a limit, in units of what the document gives."""
        told = tuple(written.by_span())
        found = self._limits.get((setting.units.scale, *told))
        if found is None:
            found = tuple([Limit(setting.points(most), span) for span, most in told])
            self._limits[setting.units.scale, *told] = found
        return found

    def shares(
        self, document: Document, version: int, payers: Sequence[int], funding: Sequence[Funder]
    ) -> tuple[tuple[int, int], ...]:
        """Where the points of each payer go, by the pool's number, with its share of them."""
        delay = self.delay_days if document.activation_delay_days is None else document.activation_delay_days
        waits, valid = version if document.activation else 0, document.valid
        told = tuple(
            [((payer, delay, waits, valid), one.share) for payer, one in zip(payers, funding, strict=True)]
        )
        found = self._shares.get(told)
        if found is None:
            found = self._shares[told] = tuple([(self._pool(Pool(*pool)), share) for pool, share in told])
        return found

    def _pool(self, pool: Pool) -> int:
        return self.pools.setdefault(pool, len(self.pools))

    def deposited(self, payers: Sequence[int]) -> tuple[Deposited, ...]:
        """The deposits of those who pay, each with the places of what it pays."""
        if not self.deposits:
            return ()
        return tuple(
            Deposited(*self.deposits[payer], tuple(place for place, one in enumerate(payers) if one == payer))
            for payer in dict.fromkeys(payers)
            if payer in self.deposits
        )
