"""What entries and names of a directory mean, with the values real servers return."""

from datetime import UTC, datetime

import pytest

from functions.assign.directory.entries import Entries
from functions.assign.directory.names import comparable, is_within, written
from functions.assign.directory.values import Attributes
from shared.domain.caseworkers import Absence, Account
from shared.domain.configuration.directory_mapping import (
    ACTIVE_DIRECTORY,
    OPENLDAP,
    MappingChanges,
    Moment,
    MomentFormat,
    Values,
)

AD, LDAP = Entries(ACTIVE_DIRECTORY), Entries(OPENLDAP)
DN = "CN=A,OU=B,DC=amt,DC=example"
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


def account(entries: Entries, entry: Attributes) -> Account:
    found = entries.account(DN, entry)
    assert found is not None
    return found


def test_an_account_is_known_by_its_guid_as_administrators_see_it() -> None:
    assert account(AD, an_ad_user()).id == "0fccf413-ab9c-4cdd-ca29-a579634d34bf"
    assert account(LDAP, a_posix_person()).id == "0fccf413-ab9c-4cdd-ca29-a579634d34bf"


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

    assert not account(LDAP, locked).enabled
    assert account(LDAP, expired).expires_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert account(LDAP, a_posix_person(shadowExpire=[b"-1"])).expires_at is None


def test_a_lock_ends_by_itself_where_the_mapping_says_so() -> None:
    locked = a_posix_person(pwdAccountLockedTime=[b"20200331000000Z"])
    for_an_hour = Entries(OPENLDAP.changed_by(MappingChanges(locked_minutes=60)))

    assert account(LDAP, locked).locked
    assert not account(for_an_hour, locked).locked


@pytest.mark.parametrize(
    ("said", "capacity"),
    [(b"50", 50), (b"50 %", 50), (b"50,5", 50), (b"0", 0), (b"halbtags", 100), (b"-5", 100)],
)
def test_a_capacity_that_is_no_number_is_a_full_share(said: bytes, capacity: int) -> None:
    entries = Entries(ACTIVE_DIRECTORY.changed_by(MappingChanges(capacity="employeeType")))

    assert account(entries, an_ad_user(employeeType=[said])).capacity == capacity


def test_service_accounts_are_told_by_patterns_and_units() -> None:
    named = Values(attribute="cn", values=("svc-*",))
    changes = MappingChanges(service=(named,), service_units=("OU=C,DC=amt,DC=example",))
    entries = Entries(OPENLDAP.changed_by(changes))

    assert account(entries, a_posix_person(cn=[b"SVC-Scanner"])).is_service
    assert not account(entries, a_posix_person(cn=[b"Svcanna"])).is_service
    elsewhere = entries.account("CN=A,OU=D,ou=c,DC=amt,DC=example", a_posix_person())
    assert elsewhere is not None
    assert elsewhere.is_service


def test_an_absence_has_a_flag_dates_or_both() -> None:
    def of(changes: MappingChanges, **values: list[bytes]) -> tuple[Absence, ...]:
        return account(Entries(OPENLDAP.changed_by(changes)), a_posix_person(**values)).absences

    flag = MappingChanges(absent=(Values(attribute="st", values=("abwesend",)),))
    dates = MappingChanges(
        absent_from=Moment(attribute="l", format=MomentFormat.DATE),
        absent_until=Moment(attribute="o", format=MomentFormat.TIME),
    )
    first, last = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, 23, tzinfo=UTC)

    assert of(flag, st=[b"da"]) == of(dates) == ()
    assert of(flag, st=[b"Abwesend"])[0].covers(first)
    (absence,) = of(dates, l=[b"2026-03-02"], o=[b"20260310000000+0100"])
    assert (absence.starts_at, absence.ends_at) == (first, last)


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
    assert AD.account(DN, entry) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Müller,DC=amt", "cn=MÜLLER,dc=AMT"),
        ("OU=Bauen\\, Planen,DC=amt", "ou=Bauen\\2C Planen,DC=amt"),
        ("CN=M\\C3\\BCller,DC=amt", "CN=Müller,DC=amt"),
        ("CN=A, DC=amt", "CN=A,DC=amt"),
        ("CN=a=b,DC=amt", "CN=a\\=b,DC=amt"),
        ("CN=A+OU=B,DC=amt", "cn=a+ou=b,dc=amt"),
        ("CN=A , DC = amt", "CN=A,DC=amt"),
        ("CN=A;DC=amt", "CN=A,DC=amt"),
        ('OU="Bauen, Planen",DC=amt', "OU=Bauen\\, Planen,DC=amt"),
        ("OU=#0C0542617565 6E".replace(" ", ""), "OU=Bauen"),
        ("CN=A\\  B,DC=amt", "CN=A B,DC=amt"),
        ("CN=Mu\u0308ller,DC=amt", "CN=Müller,DC=amt"),
    ],
)
def test_the_same_name_may_be_written_differently(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [("OU=Strasse", "OU=Straße"), ("CN=A\\,B=C", "CN=A,B=C"), ("CN=A+OU=B", "CN=A,OU=B")],
)
def test_names_that_only_look_alike_are_two(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ou = Bauen\\2C Planen , dc=amt", "ou=Bauen\\, Planen,dc=amt"),
        ('OU="a, b";DC=amt', "OU=a\\, b,DC=amt"),
        ("OU=\\20A\\ ,DC=amt", "OU=\\ A\\ ,DC=amt"),
        ("OU=\\23 x#", "OU=\\# x#"),
        ("CN=a\\00b", "CN=a\\00b"),
        ("CN=\\FF", "CN=\\FF"),
    ],
)
def test_a_name_is_sent_in_one_way_however_it_was_typed(typed: str, name: str) -> None:
    assert written(typed) == name


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


def test_a_value_that_is_no_text_names_nobody() -> None:
    person = account(AD, an_ad_user(assistant=[b"CN=M\xfcller,DC=amt"], manager=[b"CN=A,DC=amt"]))

    assert (person.deputy, person.manager) == (None, "CN=A,DC=amt")
    assert person.model_dump_json()


def test_a_very_long_value_that_is_no_name_is_told_at_once() -> None:
    assert comparable(f'CN={" " * 100_000}"x') is None
