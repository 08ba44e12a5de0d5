"""From cells to canonical lines: every column judged and converted, every line accepted, skipped or rejected."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from coalition.promotions.kinds import OperationKind
from coalition.transactions.profiles import Profile
from coalition.transactions.reading.batch import SCHEMA, Batch, Cells, Verdicts
from coalition.transactions.reading.columns import (
    Amounts,
    Ints,
    Mask,
    currencies,
    mask,
    merchant_codes,
    moments,
    trimmed,
)
from coalition.transactions.reading.merchants import MerchantNames, numbers_of, of_categories
from coalition.transactions.reading.sources import Control, Source
from tenants.runtime import clock
from tenants.runtime.errors import Refusal
from tenants.runtime.tables import card_token, has_card_number
from tenants.runtime.tables.pan import CARD_NUMBER_SHAPE

TEXT_CHARS_MAX = {
    "card": 128,
    "reference": 128,
    "original_reference": 128,
    "mid": 64,
    "tid": 64,
    "merchant": 500,
}
"""Longer ones are no such thing; keys have to fit an index."""
WRONG_PROFILE_REJECTS_MIN = 20
"""Below that many, a mostly rejected file is told line by line."""
WRONG_PROFILE_LINES_AT_ONCE = 10_000
"""So many lines rejected from the start on, and the rest is not worth reading."""


def read(stream: BinaryIO, profile: Profile, *, token_key: bytes) -> Iterator[Batch]:
    """Read a seekable stream by its profile, block by block, in the file's order.

    Raises Refusal for the file as a whole, possibly after batches were given: nothing may be posted before the
    iterator ends. `token_key` is the tenant's key for hashing card numbers where the profile tokenises.
    """
    source = Source(stream, profile)
    reading = _Reading(source, token_key, clock.now())
    for cells in source.cells():
        yield reading.batch(cells)
        reading.check_start()
    reading.check_controls()
    reading.check_profile()


class _Reading:
    """What is remembered from batch to batch: totals, reasons, merchants met."""

    def __init__(self, source: Source, token_key: bytes, now: datetime) -> None:
        self._source = source
        self._profile = source.profile
        self._token_key = token_key
        self._now = now
        self._amounts = Amounts(self._profile.decimal_mark, self._profile.thousands_mark)
        self._names = MerchantNames(self._profile.merchants)
        self._records = self._lines = 0
        self._written = self._net = 0
        self._reasons: Counter[str] = Counter()
        self._first_reject: tuple[int, str] | None = None

    def batch(self, cells: Cells) -> Batch:
        """Convert one block of cells."""
        table = _Columns(cells, self._source.places, len(cells.line_no))
        verdicts = Verdicts(cells.line_no, list(cells.rejects))
        skipped = self._skipped(table)
        verdicts.out |= skipped
        self._reject_card_numbers(cells, verdicts)
        card = self._card(table, verdicts)
        kind, mcc, partner = self._seller(table, verdicts)
        amount, currency, kind = self._money(table, verdicts, kind)
        occurred = self._when(table, verdicts)
        texts = {name: self._text(table, name, verdicts) for name in TEXT_CHARS_MAX if name != "card"}
        lines = pa.table(
            {
                "line_no": cells.line_no,
                "card": card,
                "kind": kind.astype(np.int8),
                "amount": amount,
                "currency": currency,
                "occurred_at": pa.array(occurred).cast(pa.timestamp("us", "UTC")),
                "mcc": pa.array(mcc, pa.int16(), mask=mcc < 0),
                "merchant": pc.fill_null(texts["merchant"], ""),
                "partner": partner,
                **{name: texts[name] for name in ("mid", "tid", "reference", "original_reference")},
            }
        )
        lines = lines.select(SCHEMA.names).cast(SCHEMA)
        if verdicts.out.any():
            lines = lines.filter(pa.array(~verdicts.out))
        verdicts.rejects.sort(key=lambda reject: reject.line_no)
        self._remember(cells, verdicts, int(skipped.sum()))
        return Batch(lines, verdicts.rejects, int(skipped.sum()))

    def check_controls(self) -> None:
        """Refuse a file whose header or trailer tells other totals than its lines."""
        for control in self._source.controls:
            record = control.record
            if record.count:
                self._check(control, "count", control.cell(record.count), self._records)
            if record.total:
                total = self._written if record.total_of == "written" else self._net
                told = control.cell(record.total)
                if self._amounts.total(told) != total:
                    self._differs(control, "total", told, self._amounts.plain(total))

    def check_start(self) -> None:
        """Refuse early a file of which not one line could be read so far."""
        if self._reasons.total() == self._lines >= WRONG_PROFILE_LINES_AT_ONCE:
            self.check_profile()

    def check_profile(self) -> None:
        """Refuse a file that is mostly not what the profile says."""
        rejected = self._reasons.total()
        if rejected >= WRONG_PROFILE_REJECTS_MIN and rejected * 2 > self._lines:
            assert self._first_reject is not None
            line, code = self._first_reject
            raise Refusal("wrong_profile", line=line, reason=code, rejected=rejected, lines=self._lines)

    def _check(self, control: Control, what: str, told: str, found: int) -> None:
        if not (told.isascii() and told.isdigit() and len(told) < 19 and int(told) == found):
            self._differs(control, what, told, str(found))

    def _differs(self, control: Control, what: str, told: str, found: str) -> None:
        raise Refusal("totals_differ", line=control.line, what=what, told=told[:40], found=found)

    def _remember(self, cells: Cells, verdicts: Verdicts, skipped: int) -> None:
        records = len(cells.line_no) + len(cells.rejects)
        self._records += records
        self._lines += records - skipped
        self._reasons.update(reject.code for reject in verdicts.rejects)
        if verdicts.rejects and self._first_reject is None:
            self._first_reject = (verdicts.rejects[0].line_no, verdicts.rejects[0].code)

    def _skipped(self, table: "_Columns") -> Mask:
        skipped = np.zeros(table.size, bool)
        for i, rule in enumerate(self._profile.skip):
            skipped |= numbers_of(table.text(f"skip{i}"), dict.fromkeys(rule.values, 1), 0) == 1
        return skipped

    def _reject_card_numbers(self, cells: Cells, verdicts: Verdicts) -> None:
        """Look into every cell of a suspicious block but the dates, which are judged as dates anyway."""
        if not cells.whole:
            return
        columns = self._profile.columns()
        spared = {self._source.places[key] for key, column in columns.items() if column.tokenise}
        spared |= {self._source.places[key] for key in ("date", "time") if key in self._source.places}
        labels = {place: columns[key].label for key, place in self._source.places.items()}
        for place, texts in cells.columns.items():
            if place in spared:
                continue
            found = mask(pc.match_substring_regex(texts, CARD_NUMBER_SHAPE))
            for i in np.flatnonzero(found).tolist():
                found[i] = has_card_number(texts[i].as_py())
            if found.any():
                verdicts.reject(found, "card_number", labels.get(place, f"#{place + 1}"), texts)

    def _text(self, table: "_Columns", key: str, verdicts: Verdicts) -> pa.StringArray:
        """A text cell: trimmed, null when empty, card numbers tokenised if so declared, rejected when too long."""
        column = self._profile.columns().get(key)
        texts = table.text(key)
        if column is None:
            return pa.nulls(table.size, pa.string())
        if column.tokenise:
            texts = self._tokenised(texts, column.label, verdicts)
        most = TEXT_CHARS_MAX[key]
        length = np.asarray(pc.binary_length(texts))
        if (length > most).any():
            verdicts.reject(
                mask(pc.greater(pc.utf8_length(texts), most)), "cell_too_long", column.label, texts
            )
        return pc.if_else(pa.array(length == 0), None, texts) if (length == 0).any() else texts

    def _tokenised(self, texts: pa.StringArray, label: str, verdicts: Verdicts) -> pa.StringArray:
        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary
        tokens = [card_token(text, self._token_key) for text in distinct.to_pylist()]
        # Thirteen digits and more that are no card number may be a mistyped one: it must not stay either.
        doubtful = mask(pc.match_substring_regex(distinct, CARD_NUMBER_SHAPE))
        doubtful &= np.array([token is None for token in tokens], bool)
        verdicts.reject(doubtful[np.asarray(encoded.indices)], "bad_card_number", label, texts)
        kept = zip(distinct.to_pylist(), tokens, doubtful.tolist(), strict=True)
        safe = ["" if doubt else token or text for text, token, doubt in kept]
        return pa.array(safe, pa.string()).take(encoded.indices)

    def _card(self, table: "_Columns", verdicts: Verdicts) -> pa.StringArray:
        card = self._text(table, "card", verdicts)
        verdicts.reject(mask(card.is_null()), "card_missing", self._profile.card.label, table.text("card"))
        return pc.fill_null(card, "")

    def _seller(
        self, table: "_Columns", verdicts: Verdicts
    ) -> tuple[NDArray[np.int16], NDArray[np.int16], pa.StringArray]:
        """Kind (0: not told), MCC (-1: none) and partner."""
        profile = self._profile
        rules = self._names.rules(table.text("merchant"))
        mcc, bad = merchant_codes(table.text("mcc"))
        verdicts.reject(bad, "bad_mcc", profile.mcc.label if profile.mcc else "", table.text("mcc"))
        mcc = np.where(mcc < 0, self._names.mcc[rules], mcc)
        told = self._told_kind(table, verdicts)
        kind = np.where(told > 0, told, self._names.kind[rules])
        if profile.categories:
            category_mcc, category_kind = of_categories(table.text("category"), profile.categories)
            mcc = np.where(mcc < 0, category_mcc, mcc)
            kind = np.where(kind == 0, category_kind, kind)
        partner = self._names.partner.take(pa.array(rules % len(self._names.partner)))
        return kind, mcc, partner

    def _told_kind(self, table: "_Columns", verdicts: Verdicts) -> NDArray[np.int16]:
        """The kind that the line's own cells tell, 0 where they do not."""
        kinds = self._profile.kinds
        told = np.zeros(table.size, np.int16)
        if kinds.at:
            values = {text: int(OperationKind[name]) for text, name in kinds.values.items()}
            told = numbers_of(table.text("kind"), values, 0)
            verdicts.reject(told == 0, "bad_kind", kinds.at.label, table.text("kind"))
        if kinds.credit:
            credit = numbers_of(table.text("credit"), dict.fromkeys(kinds.credit_values, 1), 0) == 1
            told[credit] = OperationKind.REFUND
        return told

    def _money(
        self, table: "_Columns", verdicts: Verdicts, kind: NDArray[np.int16]
    ) -> tuple[Ints, pa.StringArray, NDArray[np.int16]]:
        """Minor units above zero, their currency, and the kind as the amount's sign leaves it."""
        written, code = self._chosen_amount(table)
        label = self._profile.amounts[0].at.label
        units, bad, text = self._amounts.units(written)
        currency, digits, unknown = currencies(code)
        minor, too_fine = self._amounts.minor(units, text, digits)
        refund = (kind == OperationKind.REFUND) | (units < 0)
        sound = np.where(bad, 0, units)
        self._written += int(sound.sum())
        self._net += int(np.where(refund, -np.abs(sound), np.abs(sound)).sum())
        verdicts.reject(bad | too_fine, "bad_amount", label, written)
        verdicts.reject(units == 0, "zero_amount", label, written)
        verdicts.reject(unknown, "unknown_currency", "currency", code)
        if not self._profile.kinds.negative_is_refund:
            verdicts.reject(units < 0, "negative_amount", label, written)
        kind = np.where(
            refund,
            np.int16(OperationKind.REFUND),
            np.where(kind == 0, np.int16(OperationKind.PURCHASE), kind),
        )
        return np.abs(minor), currency, kind

    def _chosen_amount(self, table: "_Columns") -> tuple[pa.StringArray, pa.StringArray]:
        """The first amount that is not empty, with its currency or the profile's."""
        amount = code = None
        for i in range(len(self._profile.amounts)):
            own, own_code = table.text(f"amount{i}"), table.text(f"currency{i}")
            if amount is None:
                amount, code = own, own_code
            else:
                empty = pc.equal(amount, "")
                amount, code = pc.if_else(empty, own, amount), pc.if_else(empty, own_code, code)
        return amount, pc.if_else(pc.equal(code, ""), self._profile.currency, code)

    def _when(self, table: "_Columns", verdicts: Verdicts) -> Ints:
        dates = self._profile.dates
        text = table.text("date")
        if dates.time:
            text = pc.binary_join_element_wise(text, table.text("time"), " ")
        occurred, bad = moments(text, dates.formats, dates.zone, self._now)
        verdicts.reject(bad, "bad_date", dates.at.label, text)
        return occurred


class _Columns:
    """The columns of a block by the profile's keys."""

    def __init__(self, cells: Cells, places: dict[str, int], size: int) -> None:
        self._cells = cells
        self._places = places
        self.size = size
        self._trimmed: dict[int, pa.StringArray] = {}

    def text(self, key: str) -> pa.StringArray:
        """A column trimmed; empty strings when the file has no such column."""
        place = self._places.get(key, -1)
        if place not in self._trimmed:
            found = pa.repeat("", self.size) if place < 0 else trimmed(self._cells.columns[place])
            self._trimmed[place] = found
        return self._trimmed[place]
