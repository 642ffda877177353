"""Declared files become entries, or a list of everything there is to mend."""

from pathlib import Path

import pytest

from infra.configuration.declared import Key, NotValid
from infra.configuration.kinds import OF_A_TENANT
from infra.configuration.load import load

DEMO = Path("infra/local/demo/config")
SENDERS = '[[senders]]\nid = "formserver"\nplatform = "ozg_cloud"\n'
TAKEN = "this id is taken by another entry; choose another"
AUTHORITY = '[[authorities]]\nid = "a-bau"\nname = "Bauamt"\n'
TRUSTED = 'authentication = { kind = "trusted_network" }\n'


def folder(root: Path, **files: str) -> Path:
    """`platform__senders=...` writes platform/senders.toml."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def problems(root: Path) -> list[str]:
    with pytest.raises(NotValid) as caught:
        load(root)
    return [str(problem) for problem in caught.value.problems]


def test_the_demo_configuration_is_valid() -> None:
    assert Key("tenants", "", "foerdetal") in load(DEMO).entries


def test_a_tenant_is_called_like_its_folder(tmp_path: Path) -> None:
    root = folder(tmp_path, musterstadt__tenant='name = "Musterstadt"')

    (key,) = load(root).entries

    assert key == Key("tenants", "", "musterstadt")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        platform__senders=SENDERS + SENDERS + TRUSTED,
        a__tenant='name = "A"\nsenders = ["nobody"]\ncolour = "red"',
        b__tenants='name = "B"',
        c__tenant="name = ",
    )

    assert problems(root) == [
        "a/tenant.toml: colour: is not known here; is it misspelt?",
        "b/tenant.toml: is missing; it gives the tenant's name and its senders",
        "b/tenants.toml: is not known here; known are "
        + ", ".join(["tenant.toml", *sorted(f"{kind.name}.toml" for kind in OF_A_TENANT)]),
        "c/tenant.toml: is not TOML: Invalid value (at end of document)",
        "platform/senders.toml: senders formserver, authentication: is missing",
        "platform/senders.toml: senders formserver, id: " + TAKEN,
    ]


def test_a_tenant_may_only_name_senders_that_are_declared(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        platform__senders=SENDERS + TRUSTED,
        a__tenant='name = "A"\nsenders = ["formserver", "nobody"]',
    )

    assert problems(root) == [
        "a/tenant.toml: senders: nobody is not declared in platform/senders.toml"
    ]


def test_a_rule_may_only_choose_from_a_directory_that_serves_its_authority(tmp_path: Path) -> None:
    rule = '[[assignment_rules]]\nid = "rule"\nauthority = "a-bau"\ngroup = "CN=Bau,DC=a"'
    root = folder(
        tmp_path, a__tenant='name = "A"', a__authorities=AUTHORITY, a__assignment_rules=rule
    )

    (problem,) = problems(root)

    assert problem.startswith("a/assignment_rules.toml: assignment_rules rule, authority: a-bau")


def test_whoever_wants_notices_needs_a_mail_server(tmp_path: Path) -> None:
    wanted = AUTHORITY + "notices = { people = true }\n"
    server = '[mail]\nserver = "smtps://mail.a.example"\nsender = "lotse@a.example"\n'
    root = folder(tmp_path, a__tenant='name = "A"\n', a__authorities=wanted)

    (problem,) = problems(root)

    assert problem.startswith("a/authorities.toml: authorities a-bau, notices: go by mail")
    assert load(folder(root, a__tenant=f'name = "A"\n{server}')).entries
    folder(root, a__tenant="name = ")
    assert [problem.partition(":")[0] for problem in problems(root)] == ["a/tenant.toml"]


def test_what_follows_from_a_broken_file_is_not_told(tmp_path: Path) -> None:
    rule = '[[assignment_rules]]\nid = "rule"\nauthority = "a-bau"\ngroup = "CN=Bau,DC=a"'
    root = folder(
        tmp_path,
        platform__senders="[[senders]",
        a__tenant='name = "A"\nsenders = ["formserver"]',
        a__directories="[[directories]",
        a__authorities="[[authorities]",
        a__assignment_rules=rule,
    )

    assert [problem.partition(":")[0] for problem in problems(root)] == [
        "a/authorities.toml",
        "a/directories.toml",
        "platform/senders.toml",
    ]


def test_a_secret_that_stands_in_a_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    authentication = 'authentication = { kind = "bearer", tokens = ["hunter2"] }'
    root = folder(tmp_path, platform__senders=SENDERS + authentication)

    (problem,) = problems(root)

    assert "never the secret itself" in problem
    assert "hunter2" not in problem


def test_what_is_wrong_with_a_sender_is_told_in_words(tmp_path: Path) -> None:
    certificate = 'authentication = { kind = "client_certificate", fingerprints = ["AB:CD"] }\n'
    senders = (
        SENDERS + TRUSTED + 'addresses = ["192.0.2.7/24"]\n',
        SENDERS.replace("formserver", "transactions") + TRUSTED,
        SENDERS.replace("formserver", "certified") + certificate,
    )
    root = folder(tmp_path, platform__senders="".join(senders))

    place = "authentication.client_certificate.fingerprints.1"
    digits = "64 digits and letters a to f, without colons"
    told = [problem.removeprefix("platform/senders.toml: senders ") for problem in problems(root)]

    assert told == [
        "formserver, addresses.1: an address or a network, such as 192.0.2.7 or 192.0.2.0/24",
        "transactions, id: is a word in the intake's addresses; choose another",
        f"certified, {place}: is the SHA-256 of a certificate: {digits}",
    ]


def test_a_sender_speaks_a_platform_of_the_intake(tmp_path: Path) -> None:
    root = folder(tmp_path, platform__senders=SENDERS.replace("ozg_cloud", "ozgcloud") + TRUSTED)

    (problem,) = problems(root)

    assert "senders formserver, platform: ozgcloud is none that the intake knows: " in problem
    assert "ozg_cloud" in problem.partition("knows: ")[2]


def test_who_signs_takes_the_transaction_id_from_what_is_signed(tmp_path: Path) -> None:
    signed = 'authentication = { kind = "signature", secrets = ["env:SECRET"] }\n'
    mapping = 'webhook.transaction_id = { header = "X-Id" }\n'
    webhook = SENDERS.replace("ozg_cloud", "webhook")

    assert (
        "no other header"
        in problems(folder(tmp_path, platform__senders=webhook + signed + mapping))[0]
    )
    load(folder(tmp_path, platform__senders=webhook + TRUSTED + mapping))


def test_a_lost_zero_is_explained(tmp_path: Path) -> None:
    root = folder(tmp_path, a__tenant="name = 01051")

    assert "a key that begins with 0 has to stand in quotes" in problems(root)[0]


def test_a_folder_without_configuration_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path}: holds no configuration: no platform/ and no tenant"]


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    assert "is no folder" in problems(tmp_path / "missing")[0]
