"""What entries and names of a directory mean, with the values real servers return."""

from datetime import UTC, datetime

import pytest

from functions.assign.directory.entries import SCHEMAS, Attributes
from functions.assign.directory.names import comparable, is_within
from shared.domain.caseworkers import Account
from shared.domain.configuration.directories import DirectoryKind

AD = SCHEMAS[DirectoryKind.ACTIVE_DIRECTORY]
OPENLDAP = SCHEMAS[DirectoryKind.OPENLDAP]
GUID = bytes.fromhex("13f4cc0f9cabdd4cca29a579634d34bf")
NEVER = b"9223372036854775807"


def an_ad_user(**changes: list[bytes]) -> Attributes:
    return {
        "objectClass": [b"top", b"person", b"organizationalPerson", b"user"],
        "objectGUID": [GUID],
        "userAccountControl": [b"512"],
        "accountExpires": [NEVER],
        **changes,
    }


def a_posix_person(**changes: list[bytes]) -> Attributes:
    return {
        "objectClass": [b"inetOrgPerson"],
        "entryUUID": [b"0FCCF413-AB9C-4CDD-CA29-A579634D34BF"],
        **changes,
    }


def account(schema: object, entry: Attributes) -> Account:
    found = (AD if schema is AD else OPENLDAP).account(entry)
    assert found is not None
    return found


def test_an_account_is_known_by_its_guid_as_administrators_see_it() -> None:
    assert account(AD, an_ad_user()).id == "0fccf413-ab9c-4cdd-ca29-a579634d34bf"
    assert account(OPENLDAP, a_posix_person()).id == "0fccf413-ab9c-4cdd-ca29-a579634d34bf"


@pytest.mark.parametrize(
    ("control", "enabled"), [(b"512", True), (b"514", False), (b"66048", True), (b"66050", False)]
)
def test_bit_two_of_the_account_control_means_disabled(control: bytes, enabled: bool) -> None:
    assert account(AD, an_ad_user(userAccountControl=[control])).enabled is enabled


@pytest.mark.parametrize(
    ("expires", "at"),
    [
        (NEVER, None),
        (b"0", None),
        (b"9223372036854775806", None),
        (b"133485408000000000", datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_accounts_expire_when_active_directory_says(expires: bytes, at: datetime | None) -> None:
    assert account(AD, an_ad_user(accountExpires=[expires])).expires_at == at
    assert account(AD, {**an_ad_user(), "accountExpires": []}).expires_at is None


def test_openldap_accounts_may_be_locked_for_good_or_expire() -> None:
    locked = a_posix_person(pwdAccountLockedTime=[b"000001010000Z"])
    expired = a_posix_person(shadowExpire=[b"19723"])

    assert not account(OPENLDAP, locked).enabled
    assert account(OPENLDAP, expired).expires_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert account(OPENLDAP, a_posix_person(shadowExpire=[b"-1"])).expires_at is None


@pytest.mark.parametrize(
    "entry",
    [
        an_ad_user(objectClass=[b"top", b"person", b"user", b"computer"]),
        an_ad_user(objectClass=[b"top", b"contact"]),
        an_ad_user(objectGUID=[]),
        an_ad_user(userAccountControl=[]),
    ],
    ids=["computer", "contact", "no id", "no account control"],
)
def test_what_is_no_person_or_hides_what_matters_gets_no_case(entry: Attributes) -> None:
    assert AD.account(entry) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Müller,DC=amt", "cn=MÜLLER,dc=AMT"),
        ("OU=Bauen\\, Planen,DC=amt", "ou=Bauen\\2C Planen,DC=amt"),
        ("CN=M\\C3\\BCller,DC=amt", "CN=Müller,DC=amt"),
        ("CN=A, DC=amt", "CN=A,DC=amt"),
        ("CN=a=b,DC=amt", "CN=a\\=b,DC=amt"),
        ("CN=A+OU=B,DC=amt", "cn=a+ou=b,dc=amt"),
    ],
)
def test_the_same_name_may_be_written_differently(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) is not None


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("DC=amt,DC=example", True),
        ("CN=A,OU=B,dc=AMT,DC=example", True),
        ("CN=A,DC=other,DC=example", False),
        ("DC=example", False),
        ("CN=A\\,DC=amt,DC=example", False),
    ],
)
def test_a_name_lies_below_a_base_part_by_part(name: str, within: bool) -> None:
    below, base = comparable(name), comparable("DC=amt,DC=example")

    assert below is not None
    assert base is not None
    assert is_within(below, base) is within


@pytest.mark.parametrize("text", ["", "no name at all", "CN=A,", "=A", "CN=A\\"])
def test_what_is_no_name_compares_to_nothing(text: str) -> None:
    assert comparable(text) is None
