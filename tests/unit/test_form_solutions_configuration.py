"""What may be declared of a Form-Solutions sender, and how wrong settings are explained."""

from pathlib import Path

import pytest

from infra.configuration.declared import NotValid
from infra.configuration.load import load

POLLED = """
[[senders]]
id = "forms"
platform = "form_solutions"
authentication = { kind = "polled" }

[[senders.form_solutions.forms]]
id = "AS_940000"
leika_keys = ["99050012104000"]

[senders.form_solutions.pull]
base_url = "https://forms.musterstadt.example"
tenant = "88888888-8888"
api_key = "env:FORMS_KEY"
report = "READ"
"""


def problems(root: Path, text: str) -> list[str]:
    (root / "platform").mkdir()
    (root / "platform" / "senders.toml").write_text(text, encoding="utf-8")
    try:
        load(root)
    except NotValid as exc:
        return [
            str(problem).removeprefix("platform/senders.toml: senders forms")
            for problem in exc.problems
        ]
    return []


def test_a_polled_sender_is_declared_in_a_few_lines(tmp_path: Path) -> None:
    assert problems(tmp_path, POLLED) == []


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("https://forms", "http://forms", "http:// would send the key in the clear"),
        ("https://forms", "ftp://forms", "begins with https://"),
        (".example", ".example?tenant=1", "without a question mark"),
        ('"env:FORMS_KEY"', '"hunter2"', "never the secret itself"),
        ('"READ"', '"NEW"', "report is one of statuses"),
        ('"READ"', '"read"', "has to match"),
        ('report = "READ"', 'api = "v3"', "has to be 'v2' or 'retrieve'"),
        ('report = "READ"', 'paths = { detail = "/x/{id}" }', "id is not"),
        ('report = "READ"', 'paths = { detail = "/x/../{form}" }', "plain names"),
        ('report = "READ"', 'paths = { detail = "//x/{form}" }', "plain names"),
        ('report = "READ"', 'paths = { detail = "/x/{form" }', "stand around a name"),
        ('"AS_940000"', '"AS_1"\n[[senders.form_solutions.forms]]\nid = "AS_1"', "declared twice"),
        ("form_solutions.forms", "other.forms", "forms is empty"),
        ('"polled"', '"trusted_network"', "come together or not at all"),
        ('"form_solutions"', '"ozg_cloud"', "belong to a sender of that platform"),
        ("99050012104000", "990500121040", "has to match"),
    ],
)
def test_what_is_wrong_is_said_in_words(good: str, bad: str, said: str, tmp_path: Path) -> None:
    assert good in POLLED

    found = problems(tmp_path, POLLED.replace(good, bad))

    assert any(said in problem for problem in found), found
    assert not any("hunter2" in problem for problem in found)


def test_a_polled_sender_says_where_to_fetch(tmp_path: Path) -> None:
    text = POLLED.partition("[[senders.form_solutions.forms]]")[0]

    assert ["come together" in problem for problem in problems(tmp_path, text)] == [True]
