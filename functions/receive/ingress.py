"""What the ingress tells of a caller: its address, and whose certificate it showed.

Headers can be written by anyone: they count only as far as the operator says that the ingress
writes them.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import unquote

from functions.receive.incoming import Headers
from functions.receive.proofs import Evidence, SignatureHeaders
from shared.domain.configuration.senders import Address, Network

_HASH = re.compile(r"(?:^|[;,])\s*hash=([0-9a-f]{64})(?=[;,]|$)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_PEM = re.compile(r"-----(?:BEGIN|END) CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Ingress:
    """`proxies` may name the caller in X-Forwarded-For; `certificate_header` is theirs alone."""

    proxies: tuple[Network, ...] = ()
    certificate_header: str | None = None

    def evidence(self, headers: Headers, peer: str | None) -> Evidence:
        return Evidence(
            authorization=headers.get("Authorization"),
            certificate=self._certificate(headers, _address(peer or "")),
            signature=_signature(headers),
            address=self._caller(headers, peer),
        )

    def _certificate(self, headers: Headers, peer: Address | None) -> str | None:
        """Empty for one that cannot be read: something was shown, and it proves nothing."""
        value = headers.get(self.certificate_header) if self.certificate_header else None
        if not value or (self.proxies and not self._is_proxy(peer)):
            return None
        return fingerprint(value) or ""

    def _caller(self, headers: Headers, peer: str | None) -> Address | None:
        """The first address from the right that is no proxy of ours."""
        caller = _address(peer or "")
        chain = (headers.get("X-Forwarded-For") or "").split(",")
        while chain and self._is_proxy(caller):
            named = _address(chain.pop())
            if named is None:
                break
            caller = named
        return caller

    def _is_proxy(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.proxies)


def networks(text: str) -> tuple[Network, ...]:
    """Separated by commas. Raise ValueError if one is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def fingerprint(value: str) -> str | None:
    """SHA-256 of the certificate, in lower case; None for what is none of the known forms.

    Envoy's XFCC names it (`Hash=`); others pass on the certificate, as PEM (perhaps with percent
    escapes) or as Base64 of its DER; some the fingerprint itself, with or without colons.
    """
    if named := _HASH.findall(_QUOTED.sub("", value)):
        return str(named[-1]).lower()  # the last one is of who called the ingress itself
    plain = value.replace(":", "").strip()
    if _FINGERPRINT.fullmatch(plain):
        return plain.lower()
    text = _PEM.sub("", unquote(value))
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return sha256(der).hexdigest() if der else None


def _signature(headers: Headers) -> SignatureHeaders | None:
    named = [headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature")]
    id_, timestamp, signatures = named
    if timestamp is None and signatures is None:
        return None  # an id alone signs nothing
    return SignatureHeaders(id_ or "", timestamp or "", signatures or "")


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
