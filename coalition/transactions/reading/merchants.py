"""What sellers and categories tell, worked out once for each distinct text and spread over the lines."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from coalition.promotions.kinds import OperationKind
from coalition.transactions.profiles import Categories, Merchants

REMEMBERED_MAX = 200_000
NO_RULE = -1


class MerchantNames:
    """Answers which rule of a profile, if any, the name of a merchant meets; remembers names across batches."""

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants
        self._known: dict[str, int] = {}
        rules = merchants.by_name
        # The last place stands for "no rule" and is what index -1 finds.
        self.partner = pa.array([*(rule.partner for rule in rules), None], pa.string())
        self.mcc = np.array([*(int(rule.mcc) if rule.mcc else -1 for rule in rules), -1], np.int16)
        self.kind = np.array([*(OperationKind[rule.kind] if rule.kind else 0 for rule in rules), 0], np.int8)

    def rules(self, names: pa.StringArray) -> NDArray[np.int32]:
        """The rule of each name, `NO_RULE` where none matches."""
        if not self._merchants.by_name:
            return np.full(len(names), NO_RULE, np.int32)
        encoded = names.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        new = [name for name in distinct if name not in self._known]
        if len(self._known) + len(new) > REMEMBERED_MAX:
            self._known.clear()
            new = distinct
        self._known.update(zip(new, self._matched(new), strict=True))
        of_distinct: NDArray[np.int32] = np.array([self._known[name] for name in distinct], np.int32)
        return of_distinct[np.asarray(encoded.indices, np.int32)]

    def _matched(self, names: list[str]) -> list[int]:
        normal = pa.array([" ".join(name.lower().split()) for name in names], pa.string())
        found = np.full(len(names), NO_RULE, np.int32)
        for number, rule in enumerate(self._merchants.by_name):
            hits = pc.match_substring_regex(normal, rule.pattern).to_numpy(zero_copy_only=False)
            found[hits & (found == NO_RULE)] = number
        return found.tolist()


def numbers_of(column: pa.StringArray, table: dict[str, int], missing: int) -> NDArray[np.int16]:
    """Each value's number in the table, `missing` where it has none."""
    encoded = column.dictionary_encode()
    numbers: NDArray[np.int16] = np.array(
        [table.get(v, missing) for v in encoded.dictionary.to_pylist()], np.int16
    )
    return numbers[np.asarray(encoded.indices, np.int32)]


def of_categories(
    column: pa.StringArray, categories: Categories
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """MCC (-1: none) and kind (0: none) of the bank's own categories."""
    mcc = {name: int(code) for name, code in categories.mcc.items()}
    kind = {name: int(OperationKind[code]) for name, code in categories.kind.items()}
    return numbers_of(column, mcc, -1), numbers_of(column, kind, 0)
