"""Any tree that a form can produce survives the envelope, the parser and Postgres."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.receive.receive import receive
from functions.receive.upload import Upload
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.intake import PostgresIntake
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.identifiers import SenderId, case_id
from shared.domain.submission import FieldKind, FormField
from tests.functions.receive.deposits import DATA_SET, a_data_set, a_deposit
from tests.functions.receive.test_intelliform import deliver

# What XML can carry and does not change, with sequences of DIN SPEC 91379 among it.
_CHARACTERS = st.one_of(
    st.characters(
        exclude_categories=("Cs", "Cc"),
        exclude_characters="\ufffe\uffff",
        include_characters="\t\n",
    ),
    st.sampled_from(["ä", "ß", "ẞ", "Č̕", "k͟h", "<", "&", "]]>", '"', " "]),
)
_TEXT = st.lists(_CHARACTERS, min_size=1, max_size=12).map("".join)
_LINE = _TEXT.map(lambda text: " ".join(text.replace("<", "").replace("&", "").split()))
_NAME = st.from_regex(r"[a-zäöüA-Z_][a-z0-9äöüß._-]{0,10}", fullmatch=True)


@st.composite
def _leaves(draw: st.DrawFn) -> FormField:
    kind, value = draw(
        st.one_of(
            st.tuples(st.just(FieldKind.EMPTY), st.none()),
            st.tuples(st.just(FieldKind.TEXT), _TEXT),
            st.tuples(st.just(FieldKind.BOOLEAN), st.sampled_from(["true", "false"])),
            st.tuples(st.just(FieldKind.DATE), st.dates().map(str)),
            st.tuples(
                st.just(FieldKind.NUMBER),
                st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
            ),
        )
    )
    name, label, display = draw(_NAME), draw(_LINE), draw(_LINE)
    extra = {"display": display} if display else {}
    return FormField(name=name, label=label or name, kind=kind, value=value, extra=extra)


def _groups(children: st.SearchStrategy[FormField]) -> st.SearchStrategy[FormField]:
    items = st.lists(children, min_size=1, max_size=4).map(tuple)
    return st.builds(
        lambda name, items: FormField(name=name, label=name, kind=FieldKind.GROUP, items=items),
        _NAME,
        items,
    )


TREES = st.lists(st.recursive(_leaves(), _groups, max_leaves=12), max_size=6)


def encoded(field: FormField) -> str:
    """As a form server writes it: the type beside the value, the text shown beside the key."""
    attributes = f" label={quoteattr(field.label)}"
    if field.kind in (FieldKind.BOOLEAN, FieldKind.DATE, FieldKind.NUMBER):
        attributes += f' a:type="{field.kind}"'
    if "display" in field.extra:
        attributes += f" a:label={quoteattr(field.extra['display'])}"
    content = "".join(map(encoded, field.items)) or escape(field.value or "")
    return f"<{field.name}{attributes}>{content}</{field.name}>"


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    opened = open_pool(DatabaseSettings(database_url=database_url))
    yield opened
    opened.close()


def test_any_tree_survives(pool: Pool, database_url: str) -> None:
    nowhere = ObjectStoreSettings(
        s3_endpoint_url="http://localhost:9",
        s3_bucket="none",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    new_cases = PostgresIntake(pool, timedelta(minutes=1))

    @settings(max_examples=80, deadline=None)
    @given(tree=TREES)
    def survives(tree: list[FormField]) -> None:
        id_ = str(uuid4())
        data_set = replace(DATA_SET, content=a_data_set("".join(map(encoded, tree))))
        delivery = deliver(a_deposit(data_set, id=id_, primaryFormAttachmentId=None))
        upload = Upload(lambda: SenderId("afm"), S3ObjectStore(nowhere), _no_transaction)

        receive(delivery, upload, new_cases, _no_transaction)

        with psycopg.connect(database_url) as conn:
            submission = PostgresSubmissions(conn).get(case_id(SenderId("afm"), id_))
        assert list(submission.fields) == tree

    survives()


def _no_transaction() -> NoReturn:
    raise AssertionError("a new application without files is one statement")
