"""Field trees as forms can produce them, for property-based tests of the parsers."""

from typing import Any

from hypothesis import strategies as st

# What a text column takes: everything but NUL and halves of surrogate pairs.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
NAMES = TEXT.filter(bool)
DATES = st.dates().map(lambda date: date.isoformat())
NUMBERS = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    st.sampled_from(["-0", "1E400", "0.10", "1e-999", "12345678901234567890.5"]),
)


def trees(leaf: st.SearchStrategy[Any], group: Any) -> st.SearchStrategy[list[Any]]:
    """Lists of leaves and groups; `group(items)` is the strategy of a group with these items."""
    item = st.recursive(leaf, lambda inner: st.lists(inner, max_size=4).flatmap(group))
    return st.lists(item, max_size=6)
