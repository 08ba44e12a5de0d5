"""Words that people write about a claim: what no page shows is left out, and nothing that they mean is."""

from coalition.claims.texts import plain


def test_the_spaces_between_a_number_and_its_unit_stay_and_what_is_not_shown_goes() -> None:
    said = "5\N{NARROW NO-BREAK SPACE}000\N{NO-BREAK SPACE}искр\r\nс\N{ZERO WIDTH SPACE}егодня\x07"
    assert plain(said) == "5\N{NARROW NO-BREAK SPACE}000\N{NO-BREAK SPACE}искр\nсегодня"
