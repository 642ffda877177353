"""Any tree that a form can produce survives the envelope, the parser and Postgres."""

from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.submission import FieldKind, FormField
from tests.functions.receive.deposits import DATA_SET, a_data_set, a_deposit
from tests.functions.receive.intelliform_reading import deliver
from tests.functions.receive.storing import Storing

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


@given(tree=TREES)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_tree_survives(tree: list[FormField], storing: Storing) -> None:
    data_set = replace(DATA_SET, content=a_data_set("".join(map(encoded, tree))))
    delivery = deliver(a_deposit(data_set, primaryFormAttachmentId=None))

    stored = storing.there_and_back(delivery)

    assert stored == delivery.submission
    assert list(stored.fields) == tree
