"""The job that replays one slice."""

from dataclasses import asdict

from sqlalchemy.orm import Session

from coalition.backtests.counting import tally
from coalition.backtests.models import Backtest, BacktestSlice
from coalition.backtests.replaying import kept_by, trial_of
from coalition.programmes.queries import programme_by_id
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import job


@job("backtests.slice", bulk=True)
def replay_slice(session: Session, backtest_id: int, number: int) -> None:
    """Tally one slice of members; done once."""
    part = session.get_one(BacktestSlice, (tenant_of(session), backtest_id, number), with_for_update=True)
    if part.tally is not None:
        return
    backtest = session.get_one(Backtest, (part.tenant_id, backtest_id))
    programme = programme_by_id(session, backtest.programme_id)
    trial = trial_of(session, programme, backtest)
    part.tally = asdict(tally(trial, backtest, kept_by(session, programme, trial.index, part)))
