"""An XML attachment without login data, and what its root says of the transaction."""

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from functions.receive.platforms.intelliform.login_data import take_login_data, without_login_data
from functions.receive.platforms.intelliform.names import TRANSACTION, split
from functions.receive.refusal import Refused, invalid
from functions.receive.safe_xml import read_xml
from shared.domain.submission import PartDigest


@dataclass(frozen=True, slots=True)
class Document:
    """`sent` tells what it was if there was login data in it, `login` what is kept of that."""

    root: Element
    data: bytes
    login: dict[str, str]
    sent: PartDigest | None

    @classmethod
    def of(cls, data: bytes, max_depth: int, place: str) -> "Document":
        """Raise Refused (422): the envelope is well-formed, so this is a wrong value."""
        try:
            root = read_xml(data, max_depth=max_depth, place=place)
        except Refused as refused:
            raise invalid(refused.code, refused.detail, place) from None
        login = take_login_data(root)
        if login is None:
            return cls(root, data, {}, None)
        return cls(root, without_login_data(data, place), login, PartDigest.of(data))

    def control_data(self) -> dict[str, Any]:
        """The transaction as the data set tells it, which may differ from the envelope's word."""
        transaction, others = {}, {}
        for name, value in self.root.attrib.items():
            namespace, local = split(name)
            if namespace == TRANSACTION:
                transaction[local] = value
            else:
                others[name] = value
        given = {
            "dataSet": split(self.root.tag)[1],
            "transaction": transaction,
            "attributes": others,
        }
        return {name: value for name, value in given.items() if value}
