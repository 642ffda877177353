"""Serve an LDIF file over LDAP, for demonstrations: python -m infra.local.ldap_server

Knows simple bind of the one service account, and searches with the usual filters. Not the matching
rules of Active Directory (a search with one fails), no paging, no referrals, no TLS, no changes.
"""

import argparse
import hmac
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ldaptor import entryhelpers, interfaces
from ldaptor._encoder import get_strings
from ldaptor.inmemory import fromLDIFFile
from ldaptor.protocols import pureldap
from ldaptor.protocols.ldap import ldaperrors
from ldaptor.protocols.ldap.distinguishedname import DistinguishedName
from ldaptor.protocols.ldap.ldapserver import LDAPServer
from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory
from twisted.python import components

from infra.local.ldap import BIND_DN, PASSWORD
from infra.local.ports import HOST

# What Active Directory says, as clients know it.
WRONG_PASSWORD = b"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext, data 52e"
NOT_BOUND = b"000004DC: LdapErr: DSID-0C090A5C, comment: a successful bind must be completed first"

Reply = Callable[[object], None]


class Directory(ServerFactory):  # type: ignore[misc]  # mypy does not follow twisted
    def __init__(self, root: object, password: bytes) -> None:
        self.root = root
        self.password = password
        self.protocol = ReadOnlyServer


class ReadOnlyServer(LDAPServer):  # type: ignore[misc]  # ldaptor has no types
    factory: Directory

    def handle_LDAPBindRequest(  # noqa: N802 (ldaptor finds its handlers by name)
        self, request: pureldap.LDAPBindRequest, controls: object, _reply: Reply
    ) -> pureldap.LDAPBindResponse:
        self.checkControls(controls)
        # An empty password is refused, though LDAP would let it pass as "nobody in particular".
        if request.dn == b"" and request.auth == b"":
            self.boundUser = None
        elif self._is_service(request.dn, request.auth):
            self.boundUser = BIND_DN
        else:
            self.boundUser = None
            raise ldaperrors.LDAPInvalidCredentials(WRONG_PASSWORD)
        return pureldap.LDAPBindResponse(resultCode=ldaperrors.Success.resultCode)

    def _is_service(self, dn: bytes, password: object) -> bool:
        if not isinstance(password, bytes):  # SASL
            return False
        known = DistinguishedName(dn) == DistinguishedName(BIND_DN)
        return hmac.compare_digest(password, self.factory.password) and known

    def handle_LDAPSearchRequest(  # noqa: N802
        self, request: pureldap.LDAPSearchRequest, controls: object, reply: Reply
    ) -> object:
        about_the_server = request.baseObject == b""
        if self.boundUser is None and not about_the_server:
            raise ldaperrors.LDAPOperationsError(NOT_BOUND)
        return super().handle_LDAPSearchRequest(request, controls, reply)

    def _refuse(self, _request: object, _controls: object, _reply: Reply) -> object:
        raise ldaperrors.LDAPUnwillingToPerform(b"this directory is read-only")

    handle_LDAPAddRequest = _refuse  # noqa: N815
    handle_LDAPDelRequest = _refuse  # noqa: N815
    handle_LDAPModifyRequest = _refuse  # noqa: N815
    handle_LDAPModifyDNRequest = _refuse  # noqa: N815
    handle_LDAPExtendedRequest = _refuse  # noqa: N815


def _texts_of(value: bytes | str) -> tuple[bytes | str, ...]:
    """ldaptor's own takes every value for text, which an objectGUID is not."""
    try:
        texts: tuple[bytes | str, ...] = get_strings(value)
    except UnicodeDecodeError:
        return (value,)
    return texts


entryhelpers.get_strings = _texts_of
components.registerAdapter(lambda factory: factory.root, Directory, interfaces.IConnectedLDAPEntry)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ldif", type=Path, required=True)
    options = parser.parse_args()
    password = os.environ.get(PASSWORD, "")
    if not password:
        sys.exit(f"{PASSWORD} is not set")
    serve(options.ldif, options.port, password.encode())


def serve(ldif: Path, port: int, password: bytes) -> None:
    roots: list[object] = []
    with ldif.open("rb") as file:
        fromLDIFFile(file).addCallbacks(roots.append, lambda _failure: None)
    if not roots:
        sys.exit(f"{ldif} is not a directory in LDIF: is each entry's parent there before it?")
    reactor.listenTCP(port, Directory(roots[0], password), interface=HOST)
    reactor.run()


if __name__ == "__main__":
    main()
