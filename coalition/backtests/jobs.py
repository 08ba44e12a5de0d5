"""The jobs of one slice: where places for members are few, who would take them; then the replay."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.backtests.actions import places_of
from coalition.backtests.counting import tally
from coalition.backtests.models import Backtest, BacktestSlice
from coalition.backtests.places import Place, last_of, seated, taken
from coalition.backtests.replaying import kept_by, trial_of
from coalition.programmes.queries import programme_by_id
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, job


@job("backtests.places", bulk=True)
def find_places(session: Session, backtest_id: int, number: int) -> None:
    """Find the places that the slice's members would take, once; after the last slice all of them are replayed."""
    part = _slice(session, backtest_id, number)
    if part.places is not None:
        return
    backtest = session.get_one(Backtest, (part.tenant_id, backtest_id))
    programme, most = programme_by_id(session, backtest.programme_id), places_of(backtest.document)
    trial = trial_of(session, programme, backtest)
    part.places = [
        list(place) for place in taken(trial, kept_by(session, programme, trial.index, part), most)
    ]
    _replay_all(session, backtest, most)


def _replay_all(session: Session, backtest: Backtest, most: int) -> None:
    """Ask for the replay when every slice has its places; whoever comes last sees all of them under the lock."""
    session.flush()
    session.refresh(backtest, with_for_update=True)
    parts = session.execute(
        select(BacktestSlice.number, BacktestSlice.places)
        .where(BacktestSlice.tenant_id == backtest.tenant_id, BacktestSlice.backtest_id == backtest.id)
        .order_by(BacktestSlice.number)
    ).all()
    if any(places is None for _, places in parts):
        return
    last = last_of((places or () for _, places in parts), most)
    backtest.last_place = None if last is None else list(last)
    for number, _ in parts:
        ask(session, "backtests.slice", backtest_id=backtest.id, number=number)


@job("backtests.slice", bulk=True)
def replay_slice(session: Session, backtest_id: int, number: int) -> None:
    """Tally one slice of members; done once."""
    part = _slice(session, backtest_id, number)
    if part.tally is not None:
        return
    backtest = session.get_one(Backtest, (part.tenant_id, backtest_id))
    programme = programme_by_id(session, backtest.programme_id)
    trial = trial_of(session, programme, backtest)
    if part.places is not None:
        last = Place(*backtest.last_place) if backtest.last_place else None
        trial = trial.seating(seated(part.places, last))
    part.tally = asdict(tally(trial, backtest, kept_by(session, programme, trial.index, part)))


def _slice(session: Session, backtest_id: int, number: int) -> BacktestSlice:
    return session.get_one(BacktestSlice, (tenant_of(session), backtest_id, number), with_for_update=True)
