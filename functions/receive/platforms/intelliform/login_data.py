"""What a form server knows of the person logged in: taken out of a data set, and little of it kept.

It stands in attributes of a namespace of its own, and once more in an element `user`. A name that
is not in `_KEPT` is not kept, whatever it may be: tokens, roles, addresses, dates of birth.
"""

import re
from collections.abc import Iterable
from typing import Any, cast
from xml.etree.ElementTree import Element

from functions.receive.platforms.intelliform.names import USER, split
from functions.receive.refusal import invalid

FLAG = "login-data-removed"

_USER_ATTRIBUTE = f"{{{USER}}}"
_SPELLING = re.compile(r"^saml[_-]?|[_-]")
_SPELLING_OF_EID = re.compile(r"^eid(citizen)?")

# Our name -> theirs as `_canonical` has it; the first that is there counts.
_KEPT = {
    "account_type": ("accountsource", "accounttype"),
    "assurance_level": (
        "authlevel",
        "qaalevel",
        "storkqaalevel",
        "trustlevel",
        "trustlevelauthentication",
        "levelofassurance",
        "assurancelevel",
    ),
    "mailbox": ("legacypostkorbhandle", "postkorbhandle", "postfachhandle", "dataportinboxid"),
    "display_name": ("displayname",),
    "given_name": ("givenname", "firstname"),
    "surname": ("surname", "familyname", "lastname", "sn"),
    "title": ("personaltitle", "title"),
    "organization": ("organizationname", "companyname"),
}
# Any of these tells an element `user` from a field of the form that is called so.
_NEVER_KEPT = frozenset(
    ("username", "role", "bpk", "bpk2", "assertionprovedby", "forwardedfor", "samltoken")
)


def take_login_data(root: Element) -> dict[str, str] | None:
    """Remove it from the tree; return what is kept of it, by our names. None if there was none."""
    attributes = [
        (split(name)[1], value)
        for name, value in root.attrib.items()
        if name.startswith(_USER_ATTRIBUTE)
    ]
    users = [child for child in root if _is_user(child, {name for name, _ in attributes})]
    mirrored = [(name, each.text or "") for user in users for name, each in _named(user)]
    for user in users:
        root.remove(user)
    removed = _remove_attributes(root)
    return _kept([*attributes, *mirrored]) if removed or users else None


def without_login_data(data: bytes, place: str) -> bytes:
    """The same document in its own encoding, with its prefixes. It has been read before, safely."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root: Any = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError):
        detail = "Login data cannot be removed from it. Send it in UTF-8."
        raise invalid("data-set-malformed", detail, place) from None
    take_login_data(root)
    tree = root.getroottree()
    encoding = tree.docinfo.encoding or "UTF-8"
    return cast("bytes", etree.tostring(tree, encoding=encoding, xml_declaration=True))


def _is_user(child: Element, attributes: set[str]) -> bool:
    if not isinstance(child.tag, str):  # a processing instruction, in lxml's tree
        return False
    if child.tag.startswith(_USER_ATTRIBUTE):
        return True
    names = {name for name, _ in _named(child)}
    return (
        child.tag == "user"
        and bool(names)
        and (names <= attributes or any(_canonical(name) in _NEVER_KEPT for name in names))
    )


def _named(element: Element) -> list[tuple[str, Element]]:
    return [(split(each.tag)[1], each) for each in element if isinstance(each.tag, str)]


def _remove_attributes(root: Element) -> bool:
    removed = False
    for element in root.iter():
        for name in [name for name in element.attrib if name.startswith(_USER_ATTRIBUTE)]:
            del element.attrib[name]
            removed = True
    return removed


def _kept(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, value in given:
        if value.strip():
            named.setdefault(_canonical(name), value.strip())
    kept = {}
    for ours, theirs in _KEPT.items():
        found = [named[name] for name in theirs if name in named]
        if found:
            kept[ours] = found[0]
    return kept


def _canonical(name: str) -> str:
    """`saml_eid_citizen_qaa_level` and `qaaLevel` are the same."""
    return _SPELLING_OF_EID.sub("", _SPELLING.sub("", name.lower()))
