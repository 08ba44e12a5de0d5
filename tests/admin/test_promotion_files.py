"""Promotions as files: every flaw is named with its field, a good file is published, the schema kept is current."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admin import promotion_source, promotion_words
from admin.cli.main import cli
from admin.cli.promotions import schema_text
from coalition.promotions.checking import Flaw, flaws
from coalition.transactions.corrections.actions import discard_correction
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.transactions.bank import join, line, load, open_bank, per_step, points_of, promotion, query

ROOT = Path(__file__).parents[2]
CARD = "token-vera"
EXAMPLE = ROOT / "docs/examples/fuel.yaml"
BY_ITSELF = "nothing is wrong with it by itself; --tenant asks whether it fits a tenant"
TOO_EARLY = "ends_at: The end must come after the start."
BAD = """\
code: Fuel
wings: 2
starts_at: 2026-12-01
document:
  title: {ru: А, en: O}
  mechanic: {kind: percent, rate: x}
  conditions: {mcc: [0742]}
  where: [{kind: hours, spans: [{start: 10:00, end: 09:00}]}]
  funding: [{participant: bank, share: 60}]
"""


def coalition(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ("promotions", *arguments))


def test_the_kept_schema_is_current() -> None:
    assert (ROOT / "docs/promotion.schema.json").read_text("utf-8") == schema_text()
    assert coalition("schema").output == schema_text()


def test_the_example_has_no_flaw() -> None:
    told = coalition("check", str(EXAMPLE))
    assert (told.exit_code, told.output) == (0, f"{EXAMPLE}: {BY_ITSELF}.\n")


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ("starts_at: 2026-12-02 00:00\nends_at: 2026-12-01 00:00\n", TOO_EARLY),
        ("starts_at: 2026-12-02 00:00\nends_at: 2026-12-02 00:00\n", TOO_EARLY),
        ("starts_at: 2026-12-02 00:00Z\nends_at: 2026-12-02 02:00+03:00\n", TOO_EARLY),
        ("starts_at: 2026-12-02 00:00\nends_at: 2026-12-02 06:00Z\n", ""),  # by which clock, only a programme knows
        ("ends_at: 2020-12-01 00:00\n", ""),
    ],
)  # fmt: skip
def test_an_end_before_the_start_is_told(tmp_path: Path, dates: str, said: str) -> None:
    path = tmp_path / "dated.yaml"
    undated = [line for line in EXAMPLE.read_text("utf-8").splitlines() if "s_at: " not in line]
    path.write_text(dates + "\n".join(undated), "utf-8")
    told = coalition("check", str(path))
    assert (told.exit_code, told.output) == (
        (1, f"{path}: {said}\n") if said else (0, f"{path}: {BY_ITSELF}.\n")
    )


def test_every_flaw_is_told_with_its_field(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, "utf-8")
    told = coalition("check", str(path))
    assert told.exit_code == 1
    assert [line.removeprefix(f"{path}: ") for line in told.output.splitlines()] == [
        "wings: There is no such field.",
        "code: A code is small Latin letters, digits and hyphens, 64 at most.",
        "starts_at: There is no such day and time. Write them like 2026-12-31 00:00.",
        "document.where.0.spans.0: Hours end after they start, and before midnight.",
        "document.mechanic.rate: A number is expected.",
        "document.funding: The payers' shares must make 100 %; they make 60 %.",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "code: a\ncode: b\n", "line 2: the field code stands twice"),
        ("a.yaml", "code: [a\n", "line 2"),
        ("a.yaml", "- a\n", "line 1: it holds no fields"),
        ("a.yaml", "", "line 1: it holds no fields"),
        ("a.yaml", "a: !!python/object/apply:os.system [ls]\n", "line 1: could not determine a constructor"),
        ("a.yaml", "? {a: b}\n: c\n", "line 1: found unhashable key"),
        ("a.json", '{"code": 1, "code": 2}', "line 1: the field code stands twice"),
        ("a.json", '{\n"code" 1}', "line 2: expecting ':' delimiter"),
        ("a.json", '{"code": NaN}', "line 1: naN is no number"),
        ("a.json", '{"code": "\\ud800"}', "line 1"),
        ("a.json", "[" * 100_000, "line 1"),
        ("a.yaml", "[" * 5_000, "line 1"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    told = coalition("check", str(path))
    assert told.exit_code == 2
    assert told.output.startswith(f"Error: {path} cannot be read: {said}")


def test_every_reason_of_a_document_is_told_in_russian() -> None:
    """A sentence that begins like none of the known ones would stay English on a Russian page."""
    reasons = re.compile(r'(?:raise ValueError\(|why ?= ?)\s*f?"((?:[^"\\]|\\.)*)"')
    untold = {
        text
        for room in ("promotions", "segments", "backtests")
        for path in (ROOT / "coalition" / room).rglob("*.py")
        if path.parent.name != "templates"  # their reasons have kinds
        for text in reasons.findall(path.read_text("utf-8"))
        if not any(text.startswith(beginning) for beginning in promotion_words.OWN)
    }
    assert untold == {  # which have kinds
        "more is given back than is paid: {back} percent",
        "no more than {digits} digits stand after the point here",
        "{taken} members have a place already",
        "a range of MCCs begins with the lower one, not as {written!r}",
        "the start is past: what was bought since then and is booked already gets nothing",
        "the start lies in the past, where another version was live",
        "the title says {others[0]} percent, the terms give {rates[-1]}",
        "the title says {found[-1]} percent, which in points is worth {back} percent of the money",
        "the upper bound is {self.count_from} or more, as the lower one",
        "{code} pays already: its shares are one share",
        "this title is still the template's, the other one was changed",
    }


def test_bounds_are_written_as_the_reader_writes_numbers() -> None:
    found = Flaw("rate", "greater_than_equal", "", {"ge": Decimal("0.01")})
    assert [promotion_words.flaw(found, lang) for lang in ("ru", "en")] == [
        "Должно быть 0,01 или больше", "It must be 0.01 or more",
    ]  # fmt: skip
    found = Flaw("points", "less_than_equal", "", {"le": 1_000_000})
    assert [promotion_words.flaw(found, lang) for lang in ("ru", "en")] == [
        "Слишком большое число: не больше 1\u202f000\u202f000", "It is too large: 1,000,000 at most",
    ]  # fmt: skip


def test_words_of_a_file_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "document: {a: 10:00, b: 0742, c: no, d: 5.5, e: 2026-12-01, f: true, g: 12, h: }", "utf-8"
    )
    assert promotion_source.read_file(path).document == {
        "a": "10:00", "b": "0742", "c": "no", "d": "5.5", "e": "2026-12-01", "f": True, "g": 12, "h": None,
    }  # fmt: skip
    assert promotion_source.read_json('{"rate": 5.5}') == {"rate": "5.5"}


@pytest.mark.parametrize(
    "text", ["2026-12-01", "tomorrow", "2026-13-01 00:00", "2026-12-01 25:00", "0001-01-01 00:00"]
)
def test_a_moment_is_a_day_and_a_time(text: str) -> None:
    assert promotion_source.read_moment(text, "Asia/Kamchatka") is None


def test_a_moment_is_on_the_programmes_clock() -> None:
    for text in ("2026-12-01 00:00", "2026-12-01T00:00:00", "2026-11-30T12:00Z", "2026-11-30 15:00+03:00"):
        found = promotion_source.read_moment(text, "Asia/Kamchatka")
        assert found is not None
        assert f"{found:%Y-%m-%d %H:%M %Z}" == "2026-11-30 12:00 UTC"


def test_a_flaw_is_told_in_russian_too() -> None:
    title = {"ru": "", "en": "O"}
    document = promotion(
        {"kind": "percent", "rate": "0"}, title=title, conditions={"mcc": ["54"]}, once="maybe"
    )
    assert [promotion_words.flaw(one, "ru") for one in flaws(document)] == [
        "Не должно быть пустым",
        "Ожидается true или false",
        "«54» — не код категории: MCC — это четыре цифры, например 5411",
        "Должно быть больше 0",
    ]


def test_a_file_whose_points_die_before_its_end_is_not_published(
    live_database: Settings, tmp_path: Path
) -> None:
    bank = open_bank([])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "short.yaml"
    for until, why in (
        ("2026-11-30", "The last day of the points comes before the start. Choose a later one"),
        (
            "2026-12-30",
            (
                "Some points could only be spent after their last day."
                " End the promotion earlier, or choose a later last day"
            ),
        ),
    ):
        path.write_text(f"{EXAMPLE.read_text('utf-8')}\n  valid: {{until: {until}}}\n", "utf-8")
        assert coalition("check", str(path)).exit_code == 0  # by itself nothing is wrong
        for command in ("check", "publish"):
            told = coalition(command, "--tenant", str(slug), str(path))
            assert (told.exit_code, told.output) == (1, f"{path}: document.valid.until: {why}.\n")
    assert query(bank, "select count(*)::int from promotion_version") == [(0,)]


def test_a_file_is_published_and_listed(live_database: Settings, tmp_path: Path) -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "5"})])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    told = coalition("publish", "--tenant", str(slug), "--code", "fuel", str(EXAMPLE))
    assert told.output == (
        "fuel: version 1 is scheduled, will be live from 2026-12-01 00:00 until 2027-01-01 00:00 (Asia/Kamchatka).\n"
    ), told.output
    listed = json.loads(coalition("list", "--tenant", str(slug), "--json").output)
    assert [(one["code"], one["version"], one["title"]) for one in listed] == [
        ("fuel", 1, "Fuel 7% in December"), ("p0", 1, "Offer"),
    ]  # fmt: skip
    assert (
        "p0                       live       2010-01-01 12:00 to open             Asia/Kamchatka"
        in coalition("list", "--tenant", str(slug)).output
    )
    assert "Топливо 7 % в декабре" in coalition("list", "--tenant", str(slug), "--lang", "ru").output
    told = coalition("publish", "--tenant", str(slug), "--code", "fuel", str(EXAMPLE))
    assert told.output == "fuel: the file holds what version 1 says already; nothing was changed.\n"
    assert query(bank, "select count(*)::int from promotion_version") == [(2,)]
    other = tmp_path / "other.yaml"
    other.write_text(EXAMPLE.read_text().replace("per_month: 1500", "per_month: 1400"))
    told = coalition("publish", "--tenant", str(slug), "--code", "fuel", str(other))
    assert told.output.startswith("fuel: version 2 is scheduled, will be live from 2026-12-01 00:00 until ")
    listed = json.loads(coalition("list", "--tenant", str(slug), "--json").output)
    assert [(one["code"], one["version"]) for one in listed] == [("fuel", 2), ("p0", 1)]
    past = tmp_path / "past.yaml"
    past.write_text(EXAMPLE.read_text().replace("starts_at: 2026-12-01", "starts_at: 2026-01-01"))
    told = coalition("publish", "--tenant", str(slug), "--code", "p0", str(past))
    assert (told.exit_code, "versions change nothing in the past" in told.output) == (2, True)
    nobody = tmp_path / "nobody.yaml"
    nobody.write_text(EXAMPLE.read_text().replace("participant: bank", "participant: moon"))
    told = coalition("publish", "--tenant", str(slug), str(nobody))
    assert (told.exit_code, told.output) == (
        1,
        f"{nobody}: document.funding.0.participant: Nothing here has the code “moon”. Choose one that there is.\n",
    )
    assert query(bank, "select count(*)::int from promotion_version") == [(3,)]


def test_a_file_that_declares_an_event_otherwise_is_told_so(live_database: Settings, tmp_path: Path) -> None:
    survey = {"kind": "event", "name": "survey", "fields": {"stars": "whole"}}
    bank = open_bank([promotion({"kind": "fixed", "points": "5"}, trigger=survey)])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "survey.json"
    other = promotion({"kind": "fixed", "points": "5"}, trigger=survey | {"fields": {"stars": "text"}})
    path.write_text(json.dumps({"code": "other", "document": other}))
    for command in ("check", "publish"):
        told = coalition(command, "--tenant", str(slug), str(path))
        assert (told.exit_code, told.output) == (
            1,
            (
                f"{path}: document.trigger.fields: The promotion p0 declares other fields for this event. "
                "Declare the same ones, or give the event another name.\n"
            ),
        )
    assert query(bank, "select count(*)::int from promotion_version") == [(1,)]


def test_a_budget_below_one_award_and_a_period_that_is_over_are_refused(
    live_database: Settings, tmp_path: Path
) -> None:
    bank = open_bank([])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "small.json"
    terms = promotion({"kind": "fixed", "points": "500"}, limits={"budget": "100"})
    small = "document.limits.budget: One award alone takes 500. Choose a budget of that much or more."
    path.write_text(json.dumps({"code": "small", "document": terms}))
    told = coalition("check", str(path))
    assert (told.exit_code, told.output) == (1, f"{path}: {small}\n")
    dates = {"starts_at": "2020-01-01 00:00", "ends_at": "2020-02-01 00:00"}
    path.write_text(json.dumps({"code": "small", "document": terms} | dates))
    for command in ("check", "publish"):
        told = coalition(command, "--tenant", str(slug), str(path))
        assert told.exit_code == 1
        assert told.output.splitlines() == [
            f"{path}: ends_at: The end is over already. Choose a later one.",
            f"{path}: {small}",
        ]
    dates["ends_at"] = "2099-02-01 00:00"
    path.write_text(json.dumps({"code": "small", "document": terms} | dates))
    for command in ("check", "publish"):
        told = coalition(command, "--tenant", str(slug), str(path))
        assert (told.exit_code, told.output) == (1, f"{path}: {small}\n")
    assert query(bank, "select count(*)::int from promotion_version") == [(0,)]


def test_reasons_are_plain_values() -> None:
    with pytest.raises(Refusal, match="source_unreadable") as caught:
        promotion_source.read_json("{")
    assert caught.value.facts["line"] == 1


def test_a_correction_is_previewed_and_posted(live_database: Settings, tmp_path: Path) -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "7"})])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-03", 1000), line(CARD, "2026-11-09", 1000)])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "right.json"
    path.write_text(json.dumps({"code": "p0", "document": promotion({"kind": "percent", "rate": "12"})}))
    command = ("correct", "--tenant", str(slug), "--from", "2026-11-01", "--to", "2026-11-07", str(path))
    told = coalition(*command)
    said = told.output.replace("\N{NO-BREAK SPACE}", " ")
    assert "preview: 1 member, 1 gets more, 0 get less; net +50 points (+50 RUB)" in said
    assert "nothing is changed: --propose leaves it at the desk to be signed, --post posts it" in told.output
    assert "note:" not in told.output
    assert (points_of(bank, vera), query(bank, "select state from correction")) == (140, [("discarded",)])
    told = coalition(*command, "--propose")
    assert "nothing is changed yet: correction 2 waits at the desk to be signed" in told.output
    assert query(bank, "select state from correction order by id") == [("discarded",), ("sent",)]
    both = coalition(*command, "--propose", "--post")
    assert (both.exit_code, "name one of them" in both.output) == (2, True)
    assert points_of(bank, vera) == 140
    waits = coalition(*command, "--json", "--post")
    assert (waits.exit_code, waits.output) == (
        2, "Error: Correction 2 of some of these days is not posted yet; sign or discard it first.\n",
    )  # fmt: skip
    with db.transaction(bank.tenant) as session:
        discard_correction(session, SYSTEM, correction_id=2)
    done = json.loads(coalition(*command, "--json", "--post").output)
    assert (done["state"], done["posted"]["net"], done["differs"], points_of(bank, vera)) == (
        "done", 50, False, 190,
    )  # fmt: skip
    refused = coalition(
        "correct", "--tenant", str(slug), "--from", "2026-11-07", "--to", "2026-11-01", str(path)
    )
    assert (refused.exit_code, refused.output) == (
        2, "Error: The last day comes before the first. Name them the other way round.\n",
    )  # fmt: skip


def test_a_trial_of_a_correction_that_changes_nobody_leaves_nothing_to_send(
    live_database: Settings, tmp_path: Path
) -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "7"})])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "right.json"
    path.write_text(json.dumps({"code": "p0", "document": promotion({"kind": "percent", "rate": "12"})}))
    command = ("correct", "--tenant", str(slug), "--from", "2026-11-01", "--to", "2026-11-07", str(path))
    nothing = "it would change nobody's points: there is nothing to sign, and nothing is changed"
    assert coalition(*command).output.endswith(f"{nothing}\n")
    assert query(bank, "select state from correction") == [("discarded",)]
    assert coalition(*command, "--propose").output.endswith(f"{nothing}\n")
    assert query(bank, "select state from correction order by id") == [("discarded",), ("idle",)]


def test_a_forecast_keeps_what_history_says_apart_from_what_is_assumed(
    live_database: Settings, tmp_path: Path
) -> None:
    bank = open_bank([])
    join(bank, CARD)
    load(bank, [line(CARD, "2026-10-30", 1000), line(CARD, "2026-11-03", 3000)])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "new.json"
    path.write_text(json.dumps({"code": "new", "document": promotion({"kind": "percent", "rate": "5"})}))
    command = (
        "forecast",
        "--tenant",
        str(slug),
        "--months",
        "2",
        "--uplift",
        "2,5,10.5",
        "--margin",
        "20",
        str(path),
    )
    told = json.loads(coalition(*command, "--json").output)["forecast"]
    assert [(one["month"], one["turnover"], one["points"], one["cost"]) for one in told["months"]] == [
        ("2026-10", 100_000, 50, 5000), ("2026-11", 300_000, 150, 15_000),
    ]  # fmt: skip
    assert [(one["uplift"], one["turnover"], one["margin"], one["points"]) for one in told["bounds"]] == [
        (200, 8000, 1600, 4), (500, 20_000, 4000, 10), (1050, 42_000, 8400, 21),
    ]  # fmt: skip
    assert told["break_even"] == 3334  # of 800.00 margin for the whole turnover 200.00 go into points
    said = coalition(*command).output
    assert "break-even uplift: 33.34 % at a margin of 20" in said
    assert coalition(*command[:6], "5,2,1", *command[7:]).exit_code == 2


def test_a_backtest_and_a_forecast_give_no_more_places_than_there_are(
    live_database: Settings, tmp_path: Path
) -> None:
    bank = open_bank([])
    for card in ("first", "second"):
        join(bank, card)
    load(bank, [line("second", "2026-11-03", 3000), line("first", "2026-11-02", 1000)])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "new.json"
    terms = promotion({"kind": "percent", "rate": "5"}, limits={"first_members": 1})
    path.write_text(json.dumps({"code": "new", "document": terms}))
    command = ("backtest", "--tenant", str(slug), "--months", "2", str(path))
    told = json.loads(coalition(*command, "--json").output)
    assert (told["points"], told["reached"], told["places_end"]) == (50, 1, "2026-11-02")
    assert "its places would all have been taken on 2026-11-02" in coalition(*command).output
    asked = ("--months", "2", "--uplift", "2,5,10", "--margin", "20", "--json", str(path))
    forecast = json.loads(coalition("forecast", "--tenant", str(slug), *asked).output)["forecast"]
    assert (forecast["points"], forecast["turnover"]) == (50, 100_000)


def test_a_backtest_says_when_there_were_sales_and_when_a_budget_in_money_would_have_ended(
    live_database: Settings, tmp_path: Path
) -> None:
    bank = open_bank([])
    join(bank, CARD)
    load(bank, [line(CARD, "2026-10-30", 1000), line(CARD, "2026-11-03", 3000)])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "new.json"
    terms = promotion({"kind": "percent", "rate": "5"}, limits={"budget_money": "200"})
    path.write_text(json.dumps({"code": "new", "document": terms}))
    command = ("backtest", "--tenant", str(slug), "--months", "2", str(path))
    told = json.loads(coalition(*command, "--json").output)
    assert (told["first_day"], told["sales_from"], told["sales_to"]) == (
        "2026-09-04",
        "2026-10-30",
        "2026-11-03",
    )
    assert (told["budget_ends"], told["tiers"]) == ("2026-11-03", {"without a level": [0, 200]})
    said = coalition(*command).output
    assert "2 purchases of 1 member, sales from 2026-10-30 to 2026-11-03" in said
    assert "its budget would have ended on 2026-11-03" in said
    assert "\n  0 " not in said


def test_a_discount_is_tried_in_money_and_has_no_forecast(live_database: Settings, tmp_path: Path) -> None:
    bank = open_bank([per_step()])
    join(bank, CARD)
    load(bank, [line(CARD, "2026-10-30", 1000), line(CARD, "2026-11-03", "3000.50")])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "new.json"
    terms = promotion({"kind": "percent", "rate": "5"}, gives={"kind": "discount"}, limits={"budget": "200"})
    path.write_text(json.dumps({"code": "new", "document": terms}))
    command = ("backtest", "--tenant", str(slug), "--months", "2", str(path))
    told = json.loads(coalition(*command, "--json").output)
    own = told["own"]
    assert (own["unit"], own["exponent"], own["whole"], own["bare"]) == ("RUB", 2, [0, 20_002], 2)
    assert (own["budget_ends"], told["budget_ends"], told["whole"]) == ("2026-11-03", None, [40, 37])
    said = coalition(*command).output
    assert "given then 0 RUB, would be 200.02 RUB: +200.02 RUB" in said
    assert "200.02 RUB of it for 2 purchases without a receipt, by the sum alone" in said
    refused = coalition("forecast", "--tenant", str(slug), "--uplift", "2,5,10", "--margin", "20", str(path))
    assert refused.exit_code == 2
    assert "A forecast is of points." in refused.output
    assert query(bank, "select count(*) from backtest") == [(2,)]  # nothing was replayed for it


def test_a_correction_says_what_may_be_a_mistake(live_database: Settings, tmp_path: Path) -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "7"})])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    path = tmp_path / "right.json"
    path.write_text(json.dumps({"code": "fuel", "document": promotion({"kind": "percent", "rate": "12"})}))
    command = ("correct", "--tenant", str(slug), "--code", "p0", "--to", "2010-01-02", str(path), "--from")
    told = coalition(*command, "2009-12-30").output
    assert "note: the file is that of another promotion, fuel" in told
    assert "note: the promotion was not live on 2009-12-30 to 2009-12-31; for these days it gives" in told
    found = json.loads(coalition(*command, "2009-12-31", "--json").output)
    assert (found["file_of"], found["not_live"]) == ("fuel", [["2009-12-31", "2009-12-31"]])
    notes = query(bank, "select distinct note from correction")
    assert notes == [("right.json is the file of another promotion: fuel",)]


def test_a_file_is_checked_against_a_tenant(live_database: Settings, tmp_path: Path) -> None:
    bank = open_bank([])
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    assert (
        coalition("check", "--tenant", str(slug), str(EXAMPLE)).output
        == f"{EXAMPLE}: nothing is wrong with it.\n"
    )
    path = tmp_path / "odd.yaml"
    text = EXAMPLE.read_text("utf-8").replace("per_month: 1500", "per_month: 10.5")
    path.write_text(text.replace("participant: bank", "participant: moon"), "utf-8")
    assert coalition("check", str(path)).exit_code == 0
    told = coalition("check", "--tenant", str(slug), str(path))
    assert told.exit_code == 1
    assert [line.removeprefix(f"{path}: document.") for line in told.output.splitlines()] == [
        "funding.0.participant: Nothing here has the code “moon”. Choose one that there is.",
        "limits.per_month: The programme's points are whole. Write a whole number.",
    ]
    text = path.read_text("utf-8").replace("icon: fuel-pump", "icon: 7")
    path.write_text(f"{text}  valid: {{until: 2020-01-01}}\n", "utf-8")
    told = coalition("check", "--tenant", str(slug), str(path))
    assert [line.removeprefix(f"{path}: document.") for line in told.output.splitlines()] == [
        "icon: A text is expected: in a file, put it in quotation marks.",
        "funding.0.participant: Nothing here has the code “moon”. Choose one that there is.",
        "limits.per_month: The programme's points are whole. Write a whole number.",
        "valid.until: The last day of the points is over already. Choose a later one.",
    ]
