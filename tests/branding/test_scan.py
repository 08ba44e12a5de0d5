"""Codes that a till scans."""

import re

from tenants.branding import scan

NUMBER = "2200001234567897"


def test_a_barcode_begins_and_ends_as_code_128_does() -> None:
    svg = scan.bars(NUMBER, "Card")
    widths = [int(width) for width in re.findall(r"M\d+ 0h(\d+)v", svg)]
    assert widths[:3] == [2, 1, 3]  # start C: 2-1-1-2-3-2
    assert widths[-4:] == [2, 3, 1, 2]  # stop: 2-3-3-1-1-1-2
    assert 'aria-label="Card"' in svg


def test_a_qr_code_keeps_four_modules_of_silence() -> None:
    svg = scan.qr(NUMBER, "Card")
    side = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    assert side == 21 + 2 * 4
    places = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h", svg)]
    assert min(x for x, _ in places) == min(y for _, y in places) == 4


def test_a_label_cannot_leave_its_attribute() -> None:
    assert '"><script>' not in scan.qr(NUMBER, '"><script>')
