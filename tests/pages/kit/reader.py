"""A browser without a browser: it follows links, keeps cookies, and fills and sends forms as their HTML says."""

import base64
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.functional.kit.gateway import Context
from tests.functional.kit.world import http_event

ORIGIN = "https://api.example.com"
VOID = {"input", "meta", "link", "br", "img", "hr"}
answering: list[str] = []
"""The functions at work, the latest last."""
SAME = {"sec-fetch-site": "same-origin", "origin": ORIGIN}


@dataclass
class FormOf:
    """A form of a page: `fields` as they stand, of several with one name the last; `ticked`: all boxes that are."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    ticked: dict[str, list[str]] = field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Everything that a browser sends."""
        return [(name, each) for name, text in self.fields.items() for each in self.ticked.get(name, [text])]


@dataclass
class Sheet:
    """A page as it was answered. `text`: what is read; `headings`: of level 1."""

    status: int
    html: str
    headers: Mapping[str, str]
    address: str
    text: str = ""
    headings: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    forms: list[FormOf] = field(default_factory=list)

    def form(self, button: str) -> FormOf:
        """The form with that button."""
        return next(form for form in self.forms if button in form.buttons)


@dataclass
class Reader:
    """Whoever has `cookies`."""

    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Sheet:
        """A page, with the redirects before it followed."""
        return self.ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] = SAME) -> Sheet:
        """What a form with those `fields` is answered."""
        return self.ask("POST", path, urlencode(fields), headers)

    def send(self, sheet: Sheet, button: str, **fields: str) -> Sheet:
        """The form with that button, some fields of it filled in anew. A field is named without its kind."""
        form = sheet.form(button)
        filled = dict(form.fields)
        for name, value in fields.items():
            known = [each for each in filled if each.partition(":")[0].replace(".", "__") == name]
            filled[known[0] if known else name] = value
        return self.post(form.action or sheet.address, filled)

    def upload(self, sheet: Sheet, button: str, name: str, data: bytes, **fields: str) -> Sheet:
        """The form with that button, with a file in its field `name`."""
        form = sheet.form(button)
        texts = {**{key: text for key, text in form.fields.items() if key != name}, **fields}
        parts = [f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}' for key, text in texts.items()]
        told = f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="file"\r\n\r\n'
        body = "\r\n".join([*parts, told]).encode() + data + b"\r\n--edge--\r\n"
        headers = {**SAME, "content-type": "multipart/form-data; boundary=edge"}
        return self.ask("POST", form.action, base64.b64encode(body).decode(), headers)

    def ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Sheet:
        """One request, and those that its answer leads to."""
        sheet = self.once(method, path, body, headers)
        return self.get(sheet.headers["Location"]) if sheet.status in {302, 303} else sheet

    def once(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        function: str = "",
    ) -> Sheet:
        """One request and its answer. `function`: that it is sent to, if it is not named as the site."""
        event = event_of(method, path, body, {**self.headers, **(headers or {}), **self._cookie()})
        folder = function or path.partition("?")[0].split("/")[1]
        answering.append(folder)
        try:
            answer = importlib.import_module(f"{folder}.handler").handler(event, Context())
        finally:
            answering.pop()
        self._keep(answer["cookies"])
        return read(answer, path)

    def _cookie(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, cookies: list[str]) -> None:
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0;" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def event_of(method: str, path: str, body: str | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """The raw event of a browser's request."""
    event = http_event(method, path, body, None, {"accept": "text/html", **headers})
    if headers.get("content-type", "").startswith("multipart/"):
        event["isBase64Encoded"] = True
    if body is not None:
        event["headers"].setdefault("content-type", "application/x-www-form-urlencoded")
    asked = parse_qsl(urlsplit(path).query, keep_blank_values=True)
    if asked:
        event["queryStringParameters"] = dict(asked)
    return event


def read(answer: Mapping[str, Any], address: str) -> Sheet:
    """An answer as a page."""
    sheet = Sheet(answer["statusCode"], answer["body"], answer["headers"], address)
    if "html" in answer["headers"].get("Content-Type", ""):
        parser = _Parser(sheet)
        parser.feed(answer["body"])
        sheet.text = " ".join(" ".join(parser.said).split())
    return sheet


class _Parser(HTMLParser):
    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet
        self.said: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._form: FormOf | None = None
        self._select = self._area = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = FormOf(told.get("action", ""), told.get("method", "get"))
            self.sheet.forms.append(self._form)
        elif tag in {"a", "button", "h1", "textarea"}:
            self._words = []
        if self._form is not None:
            self._entered(self._form, tag, told)
        if tag not in VOID:
            self._open.append((tag, told))

    def _entered(self, form: FormOf, tag: str, told: Mapping[str, str]) -> None:
        name = told.get("name", "")
        if tag == "input" and (told.get("type") not in {"checkbox", "radio"} or "checked" in told):
            form.fields[name] = told.get("value", "")
            if told.get("type") == "checkbox":
                form.ticked.setdefault(name, []).append(form.fields[name])
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in form.fields or "selected" in told):
            form.fields[self._select] = told.get("value", "")
        elif tag == "textarea":
            self._area = name

    def handle_endtag(self, tag: str) -> None:
        words = " ".join("".join(self._words).split())
        told: dict[str, str] = {}
        while self._open:
            opened, told = self._open.pop()
            if opened == tag:
                break
        if tag == "a":
            self.sheet.links[words] = told.get("href", "")
        elif tag == "h1":
            self.sheet.headings.append(words)
        elif tag == "button" and self._form is not None:
            self._form.buttons.append(words)
        elif tag == "textarea" and self._form is not None:
            self._form.fields[self._area] = "".join(self._words).removeprefix("\n")
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if not any(tag in {"script", "style", "title", "svg"} for tag, _ in self._open):
            self.said.append(data)
