"""A form of a promotion's terms as a browser would fill it in and send it."""

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.admin.world import HOST, get

OWN = ("code", "starts_at", "ends_at", "first_day", "last_day", "note", "document", "new:add:d.where")


class Form(HTMLParser):
    """What a browser would send of the editor's form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: MultiDict[str, str] = MultiDict()
        self.inside, self.select, self.options = False, "", list[tuple[str, bool]]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = found.get("id") == "terms"
        elif not self.inside or not (name := found.get("name", self.select)):
            return
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option":
            self.options.append((found["value"], "selected" in found))
        elif tag == "input" and (found.get("type") not in ("checkbox", "radio") or "checked" in found):
            self.fields.add(name, found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.inside:
            chosen = [value for value, selected in self.options if selected] or [self.options[0][0]]
            self.fields.add(self.select, chosen[0])
            self.select = ""


def sent(
    client: FlaskClient, address: str, do: str = "save", lang: str = "en", **changed: Any
) -> TestResponse:
    """Open the form, change fields (`mechanic__rate`), press a button."""
    return pressed(client, address, get(client, address, lang), do, lang, **changed)


def pressed(
    client: FlaskClient, address: str, page: TestResponse, do: str, lang: str = "en", **changed: Any
) -> TestResponse:
    """Change fields of a form that is open, and press a button."""
    fields = Form(page.get_data(as_text=True)).fields
    for name, value in changed.items():
        place = name if name in OWN else f"d.{name.replace('__', '.')}"
        fields.setlist(place, value if isinstance(value, list) else [value])
    fields["do"] = do
    return client.post(address, base_url=HOST, data=fields, headers={"Accept-Language": lang})
