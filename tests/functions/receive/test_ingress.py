"""Who called, and with whose certificate, as far as the ingress may be believed."""

import base64
from hashlib import sha256
from urllib.parse import quote

import pytest

from functions.receive.ingress import Ingress, fingerprint, networks
from functions.receive.refusal import Refused
from functions.receive.senders import identify
from shared.domain.configuration.senders import Sender

DER = b"not really a certificate, but some bytes of one"
PEM = (
    "-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(DER).decode() + "-----END CERTIFICATE-----"
)
DIGEST = sha256(DER).hexdigest()


def caller(peer: str, forwarded: str | None = None, proxies: str = "10.0.0.0/8") -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    address = Ingress(networks(proxies)).evidence(headers, peer).address
    return None if address is None else str(address)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # anyone can write that header
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.2.2.2", "198.51.100.7"),
        ("10.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.7", None),
    ],
)
def test_the_caller_is_the_first_that_is_no_proxy_of_ours(
    peer: str, forwarded: str | None, expected: str | None
) -> None:
    assert caller(peer, forwarded) == expected


@pytest.mark.parametrize(
    "value",
    [
        f'By=spiffe://x;Hash={DIGEST.upper()};Subject="CN=afm,O=x"',
        f'Subject="CN=afm";Hash={DIGEST}',
        PEM.replace("\n", " "),
        quote(PEM),
        base64.b64encode(DER).decode(),
        DIGEST,
        ":".join(DIGEST[at : at + 2] for at in range(0, 64, 2)).upper(),
    ],
)
def test_every_usual_form_of_a_certificate_gives_its_fingerprint(value: str) -> None:
    assert fingerprint(value) == DIGEST


@pytest.mark.parametrize("value", ["", "-----BEGIN CERTIFICATE-----", "Hash=12", "\u00fc"])
def test_what_is_no_certificate_is_none(value: str) -> None:
    assert fingerprint(value) is None


def test_without_a_header_of_the_ingress_nobody_shows_a_certificate() -> None:
    headers = {"X-Forwarded-Client-Cert": f"Hash={DIGEST}"}

    assert Ingress().evidence(headers, None).certificate is None
    named = Ingress(certificate_header="X-Forwarded-Client-Cert")
    assert named.evidence(headers, None).certificate == DIGEST


def test_a_sender_calls_from_its_addresses_only() -> None:
    sender = Sender.model_validate(
        {
            "id": "afm",
            "platform": "ozg_cloud",
            "authentication": {"kind": "trusted_network"},
            "addresses": ["192.0.2.0/24", "2001:db8::7"],
        }
    )

    for inside in ("192.0.2.9", "2001:db8::7"):
        assert identify([sender], Ingress().evidence({}, inside)).id == "afm"
    for outside in ("198.51.100.7", "2001:db8::8", ""):
        with pytest.raises(Refused):
            identify([sender], Ingress().evidence({}, outside))


def test_of_a_chain_of_certificates_the_last_is_the_callers() -> None:
    forged = f'Hash={"0" * 64};Subject="CN=x",By=y;Hash={DIGEST};Subject="CN=z;Hash={"1" * 64}"'

    assert fingerprint(forged) == DIGEST


def test_a_certificate_counts_from_a_proxy_of_ours_only() -> None:
    ingress = Ingress(networks("10.0.0.0/8"), "X-Forwarded-Client-Cert")
    headers = {"X-Forwarded-Client-Cert": f"Hash={DIGEST}"}

    assert ingress.evidence(headers, "10.1.1.1").certificate == DIGEST
    assert ingress.evidence(headers, "192.0.2.1").certificate is None


@pytest.mark.parametrize(
    "shown",
    [
        {"X-Forwarded-Client-Cert": "garbage!"},
        {"webhook-signature": "v1,x"},
        {"webhook-timestamp": "1"},
    ],
)
def test_a_proof_that_cannot_be_read_is_not_none(shown: dict[str, str]) -> None:
    proofs: dict[str, dict[str, object]] = {
        "trusted": {"kind": "trusted_network"},
        "certified": {"kind": "client_certificate", "fingerprints": [DIGEST]},
        "signing": {"kind": "signature", "secrets": ["env:NOT_THERE"]},
    }
    senders = [
        Sender.model_validate({"id": id_, "platform": "ozg_cloud", "authentication": proof})
        for id_, proof in proofs.items()
    ]
    evidence = Ingress(certificate_header="X-Forwarded-Client-Cert").evidence(shown, None)

    try:
        found = identify(senders, evidence).id
    except Refused:
        return
    assert found == "signing"  # which is refused as soon as it is checked
