"""Leistung, Spezialisierung and Onlinedienst."""

from infra.directory.entries import Entry, OnlineService, Service
from infra.directory.xzufi.elements import (
    Element,
    Parts,
    Reading,
    code_of,
    entry_id,
    first_identifier,
    first_text,
    in_german,
    parts,
    text_of,
)
from infra.directory.xzufi.validity import validity
from shared.domain.directory import single_keys
from shared.domain.identifiers import is_leika_key

_NAMES = ("02", "03")  # Leistungsbezeichnung, Leistungsname


def read_service(element: Element, reading: Reading) -> list[Entry]:
    children = parts(element)
    given = entry_id(children)
    begin, end = validity(children, reading, given)
    return [
        Service(
            given,
            _name(children) or first_text(children["id"]),
            _leika_keys(children, reading, given),
            first_identifier(children.get("leistungID", ())),
            begin,
            end,
        )
    ]


def read_online_service(element: Element, _: Reading) -> list[Entry]:
    children = parts(element)
    given = entry_id(children)
    links = [first_text(parts(link).get("link", ())) for link in children.get("link", ())]
    levels = map(code_of, children.get("vertrauensniveau", ()))
    return [
        OnlineService(
            given,
            in_german(children.get("bezeichnung", ())) or first_text(children["id"]),
            tuple(dict.fromkeys(filter(None, links))),
            next(filter(None, levels), None),
        )
    ]


def _name(children: Parts) -> str:
    modules: dict[str, list[Element]] = {}
    for module in children.get("modulText", ()):
        inner = parts(module)
        code = next(map(code_of, inner.get("leikaTextmodul", ())), "")
        modules.setdefault(code, []).extend(inner.get("inhalt", ()))
    named = [modules.get(code, []) for code in _NAMES]
    named += [children.get("bezeichnung", []), children.get("name", [])]
    return next(filter(None, map(in_german, named)), "")


def _leika_keys(children: Parts, reading: Reading, named: str) -> tuple[str, ...]:
    references = children.get("referenzLeiKa", ())
    codes = (code for each in references for code in parts(each).get("code") or (each,))
    keys = single_keys(map(text_of, codes))
    for key in keys:
        if not is_leika_key(key):
            reading.skip("malformed service key, kept as stated", named)
    return keys
