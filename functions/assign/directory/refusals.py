"""What a server's refusals and failures mean, in words that say what to mend."""

import re
import socket
import ssl
from typing import Any

from ldap3.core import results
from ldap3.core.exceptions import (
    LDAPSessionTerminatedByServerError,
    LDAPSocketReceiveError,
    LDAPStartTLSError,
)

# Of Active Directory, whose result code is the same for all of them.
_DATA = re.compile(r"\bdata ([0-9a-f]{3})\b")
_REFUSED_BINDS = {
    "525": "there is no account of this bind_dn",
    "52e": "wrong bind_dn or password",
    "530": "its account may not log on at this time",
    "531": "its account may not log on from here",
    "532": "its password has expired",
    "533": "its account is disabled",
    "701": "its account has expired",
    "773": "its password has to be changed first",
    "775": "its account is locked",
}
_ENCRYPT = "it takes no password unencrypted: choose ldaps://, or start_tls = true"
_BINDS = {
    results.RESULT_STRONGER_AUTH_REQUIRED: _ENCRYPT,
    results.RESULT_CONFIDENTIALITY_REQUIRED: _ENCRYPT,
    results.RESULT_INVALID_CREDENTIALS: "wrong bind_dn or password",
    results.RESULT_INVALID_DN_SYNTAX: "bind_dn is no name that it can read",
    results.RESULT_INAPPROPRIATE_AUTHENTICATION: "the account of bind_dn has no password",
    results.RESULT_NO_SUCH_OBJECT: "there is no account of this bind_dn",
}
_SEARCHES = {
    # Part of a team would get all the work.
    results.RESULT_SIZE_LIMIT_EXCEEDED: "it cuts its answer short; raise its size limit for our"
    " account, or name a smaller group or unit",
    results.RESULT_ADMIN_LIMIT_EXCEEDED: "it finds the question too expensive; raise its limits for"
    " our account, or index the attributes of the mapping",
    results.RESULT_TIME_LIMIT_EXCEEDED: "it took too long to answer; index the attributes of the"
    " mapping",
    results.RESULT_INSUFFICIENT_ACCESS_RIGHTS: "our account may not read there",
    results.RESULT_REFERRAL: "what is asked for lies on another server: name that one in servers",
    results.RESULT_INAPPROPRIATE_MATCHING: "it does not know the matching rule for nested groups:"
    " set in_chain = false",
    results.RESULT_UNAVAILABLE_CRITICAL_EXTENSION: "it cannot answer in pages",
}
# 00002020 and 000004DC are how Active Directory says it, with "operations error" as the result.
_NOT_BOUND = re.compile(r"\b0000(2020|04DC)\b")


def is_about_us(result: dict[str, Any]) -> bool:
    """Whether a refused bind says something of our account, and not of that server."""
    return result["result"] in _BINDS


def of_bind(result: dict[str, Any]) -> str:
    data = _DATA.search(result.get("message") or "")
    why = _REFUSED_BINDS.get(data[1]) if data is not None else None
    return f"the bind was refused: {why or _BINDS.get(result['result']) or result['description']}"


def of_search(result: dict[str, Any]) -> str:
    if _NOT_BOUND.search(result.get("message") or ""):
        return "it answers only who has bound, and takes us for nobody: is bind_dn right?"
    description: str = result["description"]
    return _SEARCHES.get(result["result"], description)


def of_failure(exc: BaseException) -> str:
    """Of the network, of TLS, or of something that is no directory."""
    cause = _cause(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _of_certificate(str(cause))
    if str(cause) == _UNKNOWN_TO_LDAP3:
        return NAME_UNKNOWN
    found = (text for kind, text in _FAILURES.items() if isinstance(cause, kind))
    if isinstance(cause, OSError):
        return next(found, f"it cannot be reached ({type(cause).__name__})")
    return next(found, f"it does not answer as a directory does ({type(cause).__name__})")


NAME_UNKNOWN = "its name is not known here: ask for its DNS entry"
_UNKNOWN_TO_LDAP3 = "invalid server address"
_FAILURES: dict[type[BaseException], str] = {
    TimeoutError: "it does not answer in time: does a firewall let us through?",
    ConnectionRefusedError: "nothing listens at that port: is the server running?",
    ConnectionResetError: "it ended the connection",
    socket.gaierror: NAME_UNKNOWN,
    ssl.SSLError: "no TLS there: is it the right port? (mostly 636 for ldaps://, 389 for ldap://)",
    LDAPStartTLSError: "it does not offer StartTLS: choose ldaps://, or give it a certificate",
    LDAPSessionTerminatedByServerError: "it ended the connection",
    LDAPSocketReceiveError: "it ended the connection",
}
_CERTIFICATES = {
    "has expired": "its certificate has expired: it needs a new one",
    "not yet valid": "its certificate is not valid yet: do both clocks go right?",
    "mismatch": "its certificate is for another name: put that name into servers",
}


def _of_certificate(said: str) -> str:
    """By the text: what ldap3 hands on has no code."""
    found = (text for part, text in _CERTIFICATES.items() if part in said)
    return next(
        found, "its certificate is from nobody we trust: name its issuer's certificate in ca_file"
    )


def _cause(exc: BaseException) -> BaseException:
    """Of a server with several addresses ldap3 says what happened at each: the last one counts."""
    history = exc.args[1] if len(exc.args) > 1 else None
    if isinstance(history, list) and history and isinstance(history[-1][0], BaseException):
        return history[-1][0]
    return exc
