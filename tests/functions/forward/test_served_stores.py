"""WebDAV and SFTP apart: how they log in, whom they trust, what breaks off, what is final."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import asyncssh
import pytest

from functions.forward.destination import Contents, Deadline, NotDelivered, Refused
from infra.local.ports import HOST, free_port
from shared.adapters.object_store import S3ObjectStore
from tests.functions.forward.relay import Relay, a_relay
from tests.functions.forward.rigs import (
    LARGE,
    Rig,
    ServedRig,
    SftpRig,
    WebDavRig,
    a_message,
    again,
    contents_with,
    with_secrets,
)
from tests.functions.forward.served import Served

Behind = tuple[Rig, Relay]


@pytest.fixture
def dav(make_rig: Callable[[str], Rig]) -> WebDavRig:
    rig = make_rig("webdav")
    assert isinstance(rig, WebDavRig)
    return rig


@pytest.fixture
def ssh(make_rig: Callable[[str], Rig]) -> SftpRig:
    rig = make_rig("sftp")
    assert isinstance(rig, SftpRig)
    return rig


@pytest.fixture(params=["sftp", "webdav"])
def served(request: pytest.FixtureRequest, make_rig: Callable[[str], Rig]) -> ServedRig:
    rig = make_rig(request.param)
    assert isinstance(rig, ServedRig)
    return rig


@pytest.fixture
def behind_a_relay(served: ServedRig) -> Iterator[Behind]:
    with a_relay(served.server.port) as relay:
        if isinstance(served, SftpRig):
            served.settings["port"] = relay.port
        else:
            path = urlsplit(served.settings["url"]).path
            served.settings["url"] = f"http://{HOST}:{relay.port}{path}"
        yield served, relay


@pytest.fixture
def three_megabytes(objects: S3ObjectStore) -> Contents:
    return contents_with(objects, {"groß.bin": LARGE[:3_000_000]})


@pytest.mark.parametrize("after", [0, 1, 2, 4])
def test_a_connection_that_breaks_off_passes_and_one_arrives_in_the_end(
    behind_a_relay: Behind, three_megabytes: Contents, after: int
) -> None:
    rig, relay = behind_a_relay
    message = a_message(rig, three_megabytes)
    relay.cut_after_megabytes(after)
    with pytest.raises(NotDelivered, match="connection"):
        rig.open().send(message)
    assert rig.held() == {}

    relay.mend()
    rig.open().send(again(message))

    (delivery,) = rig.held().values()
    assert delivery["files/1_groß.bin"] == LARGE[:3_000_000]


def test_a_server_that_says_nothing_is_given_up_in_time(
    served: ServedRig, four_files: Contents
) -> None:
    served.stall()

    with pytest.raises(NotDelivered, match="timeout"):
        served.open().send(a_message(served, four_files, seconds=1))

    served.mend()
    served.open().send(a_message(served, four_files))
    assert len(served.held()) == 1


def test_nobody_listening_passes(served: ServedRig, four_files: Contents) -> None:
    served.settings["port"] = free_port()
    served.settings["url"] = f"http://{HOST}:{free_port()}/"
    unused = "url" if isinstance(served, SftpRig) else "port"
    del served.settings[unused]

    with pytest.raises(NotDelivered, match="connection"):
        served.open().send(a_message(served, four_files))


def test_a_wrong_password_passes_and_is_told_in_a_test(
    served: ServedRig, four_files: Contents
) -> None:
    right = served.means
    served.means = with_secrets(served.means, {"env:PASSWORD": "falsch"})

    with pytest.raises(NotDelivered, match=r"^(login|http_401)$"):
        served.open().send(a_message(served, four_files))
    step = list(served.open().test(Deadline(10)))[-1]
    assert step.ok is False
    assert "login" in step.text

    served.means = right
    served.open().send(a_message(served, four_files))


def test_texts_of_a_server_stay_there(ssh: SftpRig, four_files: Contents) -> None:
    ssh.fail()

    with pytest.raises(NotDelivered) as failed:
        ssh.open().send(a_message(ssh, four_files))

    assert str(failed.value) == "refused_there"


def test_whoever_answers_with_another_host_key_gets_nothing(
    ssh: SftpRig, four_files: Contents
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    for declared in (other, f"SHA256:{'A' * 43}"):
        ssh.settings["host_key"] = declared
        with pytest.raises(NotDelivered, match="host_key"):
            ssh.open().send(a_message(ssh, four_files))

    assert ssh.held() == {}


def test_a_host_key_may_be_declared_by_its_fingerprint(
    ssh: SftpRig, sftp: Served, four_files: Contents
) -> None:
    ssh.settings["host_key"] = sftp.told["fingerprint"]

    ssh.open().send(a_message(ssh, four_files))

    assert len(ssh.held()) == 1


@pytest.mark.parametrize("passphrase", [None, "geheim"])
def test_a_private_key_opens_it(
    ssh: SftpRig, sftp: Served, four_files: Contents, passphrase: str | None
) -> None:
    own = asyncssh.import_private_key(sftp.told["user_key"])
    key = own.export_private_key("openssh", passphrase=passphrase).decode()
    ssh.means = with_secrets(ssh.means, {"env:KEY": key, "env:PASSPHRASE": passphrase or ""})
    del ssh.settings["password"]
    ssh.settings["private_key"] = "env:KEY"
    if passphrase is not None:
        ssh.settings["passphrase"] = "env:PASSPHRASE"

    ssh.open().send(a_message(ssh, four_files))

    assert len(ssh.held()) == 1


def test_what_is_no_private_key_is_said_to_be_none(ssh: SftpRig, four_files: Contents) -> None:
    ssh.means = with_secrets(ssh.means, {"env:KEY": "none at all"})
    del ssh.settings["password"]
    ssh.settings["private_key"] = "env:KEY"

    with pytest.raises(NotDelivered, match="bad_key"):
        ssh.open().send(a_message(ssh, four_files))


def authorizations(webdav: Served) -> set[str]:
    """Of all requests since this was looked at last."""
    seen = webdav.orders.with_name("authorizations")
    lines = seen.read_text().splitlines()
    seen.unlink()
    return set(lines)


def test_a_bearer_token_is_sent(dav: WebDavRig, webdav: Served) -> None:
    list(dav.open().test(Deadline(5)))
    authorizations(webdav)
    dav.means = with_secrets(dav.means, {"env:TOKEN": "abc"})
    for name in ("user", "password"):
        del dav.settings[name]
    dav.settings["token"] = "env:TOKEN"

    list(dav.open().test(Deadline(5)))

    assert authorizations(webdav) == {"Bearer abc"}


def test_a_password_goes_as_basic(dav: WebDavRig, webdav: Served) -> None:
    list(dav.open().test(Deadline(5)))
    authorizations(webdav)

    list(dav.open().test(Deadline(5)))

    assert authorizations(webdav) == {f"Basic {base64.b64encode(b'lotse:geheim').decode()}"}


@pytest.mark.parametrize("status", ["401", "403", "404", "409", "423", "429", "500", "503", "507"])
def test_these_answers_of_webdav_pass(
    dav: WebDavRig, webdav: Served, four_files: Contents, status: str
) -> None:
    message = a_message(dav, four_files)
    webdav.misbehave(status=f"{status} No")

    with pytest.raises(NotDelivered, match=f"^http_{status}$"):
        dav.open().send(message)

    webdav.behave()
    dav.open().send(again(message))
    assert len(dav.held()) == 1


@pytest.mark.parametrize("status", ["400", "413", "414", "415", "422"])
def test_these_answers_of_webdav_are_final(
    dav: WebDavRig, webdav: Served, four_files: Contents, status: str
) -> None:
    webdav.misbehave(status=f"{status} No")

    with pytest.raises(Refused, match=f"^http_{status}$"):
        dav.open().send(a_message(dav, four_files))


def test_a_redirect_is_not_followed(dav: WebDavRig, webdav: Served, four_files: Contents) -> None:
    webdav.misbehave(status="302 Elsewhere")

    with pytest.raises(NotDelivered, match="http_302"):
        dav.open().send(a_message(dav, four_files))


def test_names_with_umlauts_and_spaces_arrive_as_they_are(
    served: ServedRig, four_files: Contents
) -> None:
    names = ["Straße 100 %.pdf", "a&b;c=d#e.pdf", "Ágnes + Ø.pdf", "schön  wär's.pdf"]
    attachments = [
        each.model_copy(update={"name": name})
        for each, name in zip(four_files.attachments, names, strict=True)
    ]

    served.open().send(a_message(served, replace(four_files, attachments=attachments)))

    (delivery,) = served.held().values()
    arrived = [name for name in delivery if name.startswith("files/")]
    assert arrived == [
        "files/1_Straße 100 _.pdf",
        "files/2_a_b_c=d_e.pdf",
        "files/3_Ágnes + Ø.pdf",
        "files/4_schön  wär's.pdf",
    ]
