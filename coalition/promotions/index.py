"""The live versions of a tenant, compiled for the engine: a purchase touches only what can apply to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from coalition.promotions.document import Document
from coalition.promotions.kinds import OperationKind
from coalition.promotions.mechanics.base import Linear, Special, Units

FAR = 1 << 62  # later than any time, larger than any amount
EVER = 0  # the period of what is counted once and for all


class Pool(NamedTuple):
    """Where points go: the participant who pays, and the days until they can be spent."""

    funder_id: int
    delay_days: int


class Rule(NamedTuple):
    """One version as the engine reads it; cheapest conditions first. Times in microseconds since 1970, UTC."""

    version: int
    promotion: int
    starts: int
    ends: int
    kinds: int  # bit k for OperationKind k
    segments: int  # any of these bits, 0 for everybody
    amount_from: int
    partners: frozenset[int] | None
    mcc: frozenset[int] | None
    excluded: frozenset[int] | None
    linear: Linear | None
    special: Special | None
    once: bool
    limit_purchase: int
    limit_month: int
    pools: tuple[tuple[int, int], ...]  # (pool, share)

    @property
    def counted(self) -> bool:
        """Whether it keeps a place on the member's counter sheets."""
        return self.once or self.limit_month != FAR


class Published(NamedTuple):
    """A stored version with its document read."""

    version: int
    promotion: int
    starts_at: datetime
    ends_at: datetime | None
    document: Document


class Codes(NamedTuple):
    """What the codes of documents stand for in one tenant."""

    partners: dict[str, int]
    segments: dict[str, int]  # code -> bit number
    participants: dict[str, int]


@dataclass
class Index:
    """Compiled rules by what a purchase shows first; `number` says which publication they are."""

    number: int
    units: Units
    rules: dict[int, Rule] = field(default_factory=dict)
    by_partner: dict[int, list[Rule]] = field(default_factory=dict)
    by_mcc: dict[int, list[Rule]] = field(default_factory=dict)
    general: list[Rule] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    candidates: dict[tuple[int, int], tuple[Rule, ...]] = field(default_factory=dict)

    def of(self, partner: int, mcc: int) -> tuple[Rule, ...]:
        """Rules that a sale at this partner and MCC (0 and -1: none) can meet, in the order of their versions."""
        found = self.candidates.get((partner, mcc))
        if found is None:
            unique = {
                rule.version: rule
                for rules in (self.by_partner.get(partner, ()), self.by_mcc.get(mcc, ()), self.general)
                for rule in rules
                if (rule.mcc is None or mcc in rule.mcc)
                and (rule.excluded is None or mcc not in rule.excluded)
            }
            found = tuple(unique[version] for version in sorted(unique))
            if len(self.candidates) >= 200_000:  # a bound on memory: partners × categories can be many
                self.candidates.clear()
            self.candidates[partner, mcc] = found
        return found


def compile_index(
    published: Iterable[Published], *, number: int, units: Units, codes: Codes, delay_days: int
) -> Index:
    """Compile versions; a code that the tenant does not have was refused at publication."""
    index = Index(number, units)
    pools: dict[Pool, int] = {}
    for item in published:
        rule = _rule(item, units, codes, delay_days, pools)
        index.rules[rule.version] = rule
        if rule.partners is not None:
            for partner in rule.partners:
                index.by_partner.setdefault(partner, []).append(rule)
        elif rule.mcc is not None:
            for mcc in rule.mcc:
                index.by_mcc.setdefault(mcc, []).append(rule)
        else:
            index.general.append(rule)
    index.pools = list(pools)
    return index


def _rule(item: Published, units: Units, codes: Codes, delay_days: int, pools: dict[Pool, int]) -> Rule:
    document, conditions = item.document, item.document.conditions
    mechanic = document.mechanic.compile(units)
    delay = delay_days if document.activation_delay_days is None else document.activation_delay_days
    funded = [
        (pools.setdefault(Pool(codes.participants[funder.participant], delay), len(pools)), funder.share)
        for funder in document.funding
    ]
    points, money = 10**units.scale, 10**units.exponent
    limits = document.limits
    return Rule(
        version=item.version,
        promotion=item.promotion,
        starts=microseconds(item.starts_at),
        ends=microseconds(item.ends_at) if item.ends_at else FAR,
        kinds=sum(1 << OperationKind[kind.name] for kind in set(conditions.kinds)),
        segments=sum(1 << codes.segments[code] for code in set(conditions.segments)),
        amount_from=int(conditions.amount_from * money) if conditions.amount_from else 0,
        partners=frozenset(codes.partners[code] for code in conditions.partners) or None,
        mcc=frozenset(map(int, conditions.mcc)) or None,
        excluded=frozenset(map(int, conditions.excluded_mcc)) or None,
        linear=mechanic if isinstance(mechanic, Linear) else None,
        special=mechanic if isinstance(mechanic, Special) else None,
        once=document.once,
        limit_purchase=int(limits.per_purchase * points) if limits.per_purchase else FAR,
        limit_month=int(limits.per_month * points) if limits.per_month else FAR,
        pools=tuple(funded),
    )


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond
