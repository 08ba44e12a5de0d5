"""Tables that come and go as files: what is safe to open, what may be kept, what may be handed out.

Containers (plain bytes, gzip, XLSX) are opened here under limits, so that no file can fill the memory; full
card numbers are found, masked and tokenised here; cells that a spreadsheet would run as formulas are made
harmless here. What the columns mean is the business of the room that reads them.
"""

from tenants.runtime.tables.blocks import Block, Blocks, Bytes, checked_start
from tenants.runtime.tables.containers import Container, container_of, open_plain, xlsx_rows
from tenants.runtime.tables.pan import card_token, excerpt, has_card_number, may_have_card_number
from tenants.runtime.tables.texts import DAY_FORMATS, day_of, encoding_of
from tenants.runtime.tables.writing import neutralise, write_csv

__all__ = [
    "DAY_FORMATS",
    "Block",
    "Blocks",
    "Bytes",
    "Container",
    "card_token",
    "checked_start",
    "container_of",
    "day_of",
    "encoding_of",
    "excerpt",
    "has_card_number",
    "may_have_card_number",
    "neutralise",
    "open_plain",
    "write_csv",
    "xlsx_rows",
]
