"""The directory's store against a model in memory: random imports, every version, every diff."""

from typing import Any, NamedTuple

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.directory.differences import differences
from infra.directory.entries import (
    Deleted,
    Entry,
    EntryKind,
    OnlineService,
    Report,
    Responsibility,
    Service,
    Unit,
)
from infra.directory.importing import Origin, bring_in
from infra.directory.staging import ENTRY_TABLES
from infra.directory.versions import activate, discard, newest_version

IDS = ["a", "b", "c"]
REGIONS = ["01", "01999", "019990001001"]
ids = st.sampled_from(IDS)
regions = st.lists(st.sampled_from(REGIONS), min_size=1, max_size=2).map(tuple)


class Write(NamedTuple):
    """One schreibe or loesche: its entries in order."""

    entries: tuple[Entry, ...]


@st.composite
def standalone(draw: Any) -> Write:
    id_, unit, role = draw(ids), draw(ids), draw(st.sampled_from(["responsible", "x"]))
    services = draw(st.lists(ids, min_size=1, max_size=2, unique=True))
    where = draw(regions)
    return Write(
        tuple(
            Responsibility(id_, each, where, unit, role, continues=number > 0)
            for number, each in enumerate(services)
        )
    )


@st.composite
def unit(draw: Any) -> Write:
    id_ = draw(ids)
    entries: list[Entry] = [
        Unit(id_, id_, draw(st.sampled_from(["n", "m"])), contact=draw(st.sampled_from([None, {}])))
    ]
    entries += [
        Responsibility(held, its_service, where, id_, "responsible", container=id_)
        for held, its_service, where in draw(st.lists(st.tuples(ids, ids, regions), max_size=3))
    ]
    return Write(tuple(entries))


service = st.builds(
    lambda id_, keys, of: Write((Service(id_, "n", tuple(keys), of),)),
    ids,
    st.lists(st.sampled_from(["99050012104000", "99050012000000"]), max_size=2),
    st.sampled_from([None, "a"]),
)
online = st.builds(
    lambda id_, urls: Write((OnlineService(id_, "n", tuple(urls)),)), ids, st.lists(ids, max_size=1)
)
deletion = st.builds(
    lambda kind, id_: Write((Deleted(kind, id_),)), st.sampled_from(list(EntryKind)), ids
)
write = st.one_of(standalone(), unit(), service, online, deletion, standalone(), unit(), deletion)
imports = st.lists(
    st.tuples(st.sampled_from(["s", "t"]), st.booleans(), st.lists(write, min_size=1, max_size=6)),
    min_size=1,
    max_size=5,
)

State = dict[EntryKind, dict[str, frozenset[tuple[Any, ...]]]]


def empty() -> State:
    return {kind: {} for kind in EntryKind}


def apply(state: State, write: Write) -> None:
    first = write.entries[0]
    held = state[EntryKind.RESPONSIBILITY]
    if isinstance(first, Deleted):
        state[first.kind].pop(first.id, None)
        if first.kind is EntryKind.UNIT:
            drop_contained(held, first.id)
    elif isinstance(first, Service):
        keys = dict.fromkeys(first.leika_keys) or [None]
        state[EntryKind.SERVICE][first.id] = frozenset(
            (first.id, key, first.name, *first[3:]) for key in keys
        )
    elif isinstance(first, OnlineService):
        state[EntryKind.ONLINE_SERVICE][first.id] = frozenset({first._replace(urls=first.urls)})
    elif isinstance(first, Unit):
        state[EntryKind.UNIT][first.id] = frozenset({(*first[:5], str(first.contact), *first[6:])})
        drop_contained(held, first.id)
        write_held(held, write.entries[1:])
    else:
        write_held(held, write.entries)


def drop_contained(held: dict[str, frozenset[tuple[Any, ...]]], unit: str) -> None:
    for id_ in [id_ for id_, rows in held.items() if any(row[-1] == unit for row in rows)]:
        del held[id_]


def write_held(held: dict[str, frozenset[tuple[Any, ...]]], entries: tuple[Entry, ...]) -> None:
    said: dict[str, set[tuple[Any, ...]]] = {}
    for entry in entries:
        assert isinstance(entry, Responsibility)
        for region in entry.regions:
            said.setdefault(entry.id, set()).add((*entry[:2], region, *entry[3:-1]))
    held.update({id_: frozenset(rows) for id_, rows in said.items()})


def flat(states: dict[str, State]) -> dict[EntryKind, set[tuple[Any, ...]]]:
    return {
        kind: {
            (source, *row)
            for source, state in states.items()
            for r in state[kind].values()
            for row in r
        }
        for kind in EntryKind
    }


def stored(conn: psycopg.Connection[Any], version: int) -> dict[EntryKind, set[tuple[Any, ...]]]:
    found = {}
    for kind, table in ENTRY_TABLES.items():
        rows = conn.execute(
            f"SELECT source, {', '.join(table.columns)} FROM {table.name}"
            " WHERE since <= %(v)s AND (until IS NULL OR until > %(v)s)",
            {"v": version},
        ).fetchall()
        plain = [tuple(tuple(c) if isinstance(c, list) else c for c in row) for row in rows]
        if kind is EntryKind.UNIT:
            plain = [(*row[:6], str(row[6]), *row[7:]) for row in plain]
        assert len(plain) == len(set(plain)), "the same row twice in a version"
        found[kind] = set(plain)
    return found


def run(conn: psycopg.Connection[Any], steps: Any, discards: list[bool]) -> None:
    states: dict[str, State] = {}
    known: dict[int, dict[EntryKind, set[tuple[Any, ...]]]] = {}
    for number, (source, full, writes) in enumerate(steps):
        before = {s: {k: dict(v) for k, v in state.items()} for s, state in states.items()}
        if full and all(isinstance(each.entries[0], Deleted) for each in writes):
            continue  # refused: it would end everything
        state = empty() if full else states.setdefault(source, empty())
        states[source] = state
        for each in writes:
            apply(state, each)
        was = newest_version(conn)
        done = bring_in(
            conn,
            [entry for each in writes for entry in each.entries],
            Origin("n", source, full),
            Report(),
        )
        assert done.new == (flat(states) != flat(before)), "a version if and only if it differs"
        if done.new:
            assert done.version is not None
            known[done.version] = flat(states)
            if discards[number % len(discards)]:
                discard(conn, done.version)
                del known[done.version]
                states = before
                assert newest_version(conn) == was
        for version, said in known.items():
            assert stored(conn, version) == said
        if known and number % 2:
            activate(conn, min(known))
    compare_all(conn, known)


def compare_all(conn: psycopg.Connection[Any], known: dict[int, Any]) -> None:
    for one in known:
        for other in known:
            found = {each.table.name: each for each in differences(conn, one, other)}
            for kind in EntryKind:
                added = len(known[other][kind] - known[one][kind])
                ended = len(known[one][kind] - known[other][kind])
                each = found.get(kind.value)
                assert (each.added if each else 0, each.ended if each else 0) == (added, ended)
                if each:
                    assert (len(each.added_rows), len(each.ended_rows)) == (added, ended)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=imports, discards=st.lists(st.booleans(), min_size=1, max_size=3))
def test_every_version_says_what_a_model_says(
    conn: psycopg.Connection[Any], steps: Any, discards: list[bool]
) -> None:
    conn.rollback()
    run(conn, steps, discards)
