"""What a sender's mapping may say, and in which words it is told what is wrong."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.configuration.declared import Key, NotValid
from infra.configuration.load import load
from shared.domain.configuration.field_mapping import FieldMapping, charset_named
from shared.domain.configuration.senders import Sender

HEAD = """
[[senders]]
id = "formulare"
platform = "formcycle"
authentication = { kind = "basic", username = "formulare", passwords = ["env:FORMULARE"] }
"""


def loaded(root: Path, text: str) -> Sender:
    (root / "platform").mkdir()
    (root / "platform/senders.toml").write_text(HEAD + text, encoding="utf-8")
    sender = load(root).entries[Key("senders", "", "formulare")]
    assert isinstance(sender, Sender)
    return sender


def test_a_mapping_is_declared_in_toml(tmp_path: Path) -> None:
    sender = loaded(
        tmp_path,
        """
        [senders.formcycle]
        charset = "windows-1252"
        transaction_id = { field = "vorgang.id" }
        form_id = { constant = "hundesteuer" }
        leika_keys = { constant = "99102013104000, 99102013105000" }
        region = { field = "ars", keep = true }
        service_account.type = { constant = "BundID" }
        service_account.mailbox = { field = "postfach" }
        labels = { "person.name" = "Nachname" }
        kinds = { geburtsdatum = "date" }
        ignore = ["csrf"]
        """,
    )

    assert sender.formcycle is not None
    assert sender.formcycle.charset == "cp1252"
    assert sender.formcycle.fields == {"vorgang.id": False, "ars": True, "postfach": False}


def test_what_is_stored_is_read_again_as_it_was(tmp_path: Path) -> None:
    sender = loaded(tmp_path, 'formcycle = { charset = "latin1", ignore = ["b", "a"] }')

    again = Sender.model_validate(sender.model_dump(mode="json", exclude_none=True))

    assert again == sender
    assert again.model_dump(mode="json") == sender.model_dump(mode="json")


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        (
            '{ charset = "utf-16" }',
            "formcycle.charset: a charset that Python knows and that contains ASCII, such as utf-8",
        ),
        ("{ transaction_id = {} }", "formcycle.transaction_id: takes either field or header"),
        (
            '{ form_id = { field = "a", constant = "b" } }',
            "formcycle.form_id: takes either field or constant",
        ),
        (
            '{ form_id = { constant = "b", keep = true } }',
            "formcycle.form_id: keep is for fields",
        ),
        (
            '{ is_test = { constant = "true" } }',
            "formcycle: is_test takes a field; a sender that only tests is marked itself",
        ),
        (
            '{ region = { field = "ars" }, ignore = ["ars"] }',
            "formcycle: ignore names a field that is also used",
        ),
        (
            '{ kinds = { a = "money" } }',
            "formcycle.kinds.a: has to be 'number', 'date' or 'boolean'",
        ),
        ('{ lables = { a = "A" } }', "formcycle.lables: is not known here; is it misspelt?"),
    ],
)
def test_a_wrong_mapping_is_told_in_words(tmp_path: Path, mapping: str, problem: str) -> None:
    with pytest.raises(NotValid) as caught:
        loaded(tmp_path, f"formcycle = {mapping}")

    (told,) = caught.value.problems
    assert str(told) == f"platform/senders.toml: senders formulare, {problem}"


def test_settings_of_another_platform_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotValid) as caught:
        loaded(tmp_path, 'webhook = { charset = "utf-8" }')

    (told,) = caught.value.problems
    assert told.text == "settings for webhook belong to a sender of that platform"


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF8", "iso-8859-1", "ISO-8859-15", "windows-1252", "us-ascii", "shift_jis"]
)
def test_charsets_that_contain_ascii_are_taken(name: str) -> None:
    assert "ä".encode(charset_named(name), "ignore").decode(charset_named(name)) in ("ä", "")


UNFIT = "utf-16 utf-7 cp500 hex rot13 idna punycode unicode_escape raw_unicode_escape undefined"


@pytest.mark.parametrize("name", [*UNFIT.split(), "none", "", "\0", "ä" * 5000])
def test_no_other_charset_is_taken(name: str) -> None:
    with pytest.raises(ValueError, match="a charset that Python knows"):
        charset_named(name)


@pytest.mark.parametrize("member", ["transaction_id", "region", "labels"])
def test_a_field_without_a_name_cannot_be_mapped(member: str) -> None:
    wrong: Any = {"": "x"} if member == "labels" else {"field": ""}
    with pytest.raises(ValidationError):
        FieldMapping.model_validate({member: wrong})
