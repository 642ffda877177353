"""xdomea against the official schemas: every message is valid, and a container reads back whole."""

import io
import random
import re
import string
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from functions.forward.destination import Contents, Damaged, NotDelivered, Refused
from functions.forward.formats.schemas import load_schema
from functions.forward.formats.xdomea import pack_xdomea
from functions.forward.formats.xdomea.container import store_container
from functions.forward.formats.xdomea.schemas import ENTRY, schema_of
from functions.forward.means import Means
from functions.forward.packing import Packed
from shared.domain.actor import Actor
from shared.domain.case import LoggedEntry
from shared.domain.configuration.xdomea import Xdomea
from shared.domain.errors import AlreadyStored, UnknownObject
from shared.domain.forwarding import MessageId
from shared.domain.identifiers import AccountId
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import Attachment, AttachmentKind, FieldKind, FormField, Submission
from tests.factories import FORMSERVER, TENANT, TRADE_OFFICE, a_case

VERSIONS = ["2.4.0", "3.0.0", "3.1.0"]
CASES = 200
NOW = datetime(2026, 3, 2, 8, 15, 7, 120007, tzinfo=UTC)
LETTERS = string.ascii_letters + "äöüÄÖÜßéčőŁñ 0123456789.,-/&<>\"'"
ODD = "\u2019\u201c\u2013\u2026\U0001f600\u0001\u0007\u01c4\u6f22\u0416\u200b\u043c\u0302\ufb01"
NAMES = ["Lageplan.pdf", "Bau Südost.PDF", "_", "x" * 190 + ".docx", "a.unbekannt", "\u0416.png"]


class Shelf:
    """An object store in memory; what is written goes to `written`."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.written: dict[str, bytes] = {}

    def writer(self, key: str, media_type: str | None = None) -> "Writing":
        return Writing(self, key)

    def put(self, key: str, data: bytes, media_type: str | None = None) -> None:
        if key in self.written:
            raise AlreadyStored(key)
        self.written[key] = data

    def size(self, key: str) -> int | None:
        found = self.written.get(key, self.objects.get(key))
        return None if found is None else len(found)

    def read(self, key: str) -> Iterator[bytes]:
        data = self.written.get(key, self.objects.get(key))
        if data is None:
            raise UnknownObject(key)
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    def delete(self, keys: Iterable[str]) -> None:
        raise NotImplementedError

    def keys(self, prefix: str) -> Iterator[str]:
        raise NotImplementedError


class Writing:
    def __init__(self, shelf: Shelf, key: str) -> None:
        self._shelf = shelf
        self._key = key
        self._data = bytearray()
        self.size = 0

    @property
    def sha256(self) -> str:
        return sha256(self._data).hexdigest()

    def write(self, data: bytes) -> None:
        self._data += data
        self.size += len(data)

    def close(self) -> None:
        self._shelf.put(self._key, bytes(self._data))

    def abort(self) -> None:
        self._data.clear()


def settings(version: str, **more: Any) -> Xdomea:
    given: dict[str, Any] = {
        "format": "xdomea",
        "version": version,
        "sender": {"name": "Amt Fördetal, Gewerbeamt"},
        "recipient": {"name": "Zentrale E-Akte"},
        **more,
    }
    return Xdomea.model_validate(given)


ALL_SETTINGS = {
    "sender": {
        "name": "Amt Fördetal",
        "short_name": "AF",
        "unit": "Gewerbe & Ordnung",
        "key": "010585830",
        "key_list": "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs",
        "key_list_version": "2021-07-31",
    },
    "file_plan_code": "32.10-04",
    "confidentiality": "confidential",
    "acknowledged": True,
}


def text(draw: random.Random, longest: int = 40) -> str:
    letters = LETTERS + (ODD if draw.random() < 0.3 else "")
    return "".join(draw.choice(letters) for _ in range(draw.randrange(longest)))


def a_field(draw: random.Random, depth: int = 0) -> FormField:
    if depth < 3 and draw.random() < 0.3:
        items = tuple(a_field(draw, depth + 1) for _ in range(draw.randrange(4)))
        return FormField(name=text(draw), label=text(draw), kind=FieldKind.GROUP, items=items)
    value = None if draw.random() < 0.2 else text(draw, 120)
    return FormField(name=text(draw), label=text(draw), kind=FieldKind.TEXT, value=value)


def a_file(draw: random.Random, position: int, data: bytes) -> Attachment:
    name = draw.choice(NAMES)
    return Attachment(
        position=position,
        kind=draw.choice([AttachmentKind.ATTACHMENT, AttachmentKind.REPRESENTATION]),
        name=name,
        original_name=draw.choice([None, f"../{name}", text(draw)]),
        media_type=draw.choice([None, "application/pdf", "text/plain; charset=utf-8", "x/y"]),
        detected_media_type=draw.choice([None, "application/pdf", "image/png"]),
        size=len(data),
        sha256=sha256(data).hexdigest(),
        object_key=f"uploads/{position}",
        version=draw.choice([1, 1, 2]),
        malware_verdict=draw.choice(
            [MalwareVerdict.CLEAN] * 5 + [MalwareVerdict.WITHHELD, MalwareVerdict.NOT_SCANNED]
        ),
    )


def history(draw: random.Random) -> tuple[LoggedEntry, ...]:
    actors = [
        Actor.system("route"),
        Actor.sender(FORMSERVER),
        Actor.operator("clerk"),
        Actor.caseworker(AccountId("0815")),
    ]
    actions = ["case.received", "case.routed", "forwarding.given_up", "case.never-heard-of"]
    details = [{}, {"authority": "a", "round": 1, "list": [1]}, {"reason": text(draw)}]
    return tuple(
        LoggedEntry(
            sequence=number,
            at=NOW + timedelta(minutes=number),
            actor=draw.choice(actors),
            action=draw.choice(actions),
            details=draw.choice(details),
        )
        for number in range(1, draw.randrange(8) + 1)
    )


def generated(number: int) -> tuple[Contents, Shelf]:
    """The same for the same number. Some have nothing but what they must have, one 100 files."""
    draw = random.Random(number)
    files = {0: 0, 1: 100}.get(number, draw.randrange(6))
    bare = number % 10 == 0
    data = {
        f"uploads/{position}": draw.randbytes(draw.randrange(3000)) for position in range(files)
    }
    case = a_case(
        sequence_number=100_000 + number,
        tenant=TENANT,
        authority=TRADE_OFFICE,
        transaction_id=str(number),
    )
    submission = Submission(
        sender=FORMSERVER,
        transaction_id=str(number),
        form_id=None if bare else text(draw),
        form_name=None if bare else text(draw),
        fields=() if bare else tuple(a_field(draw) for _ in range(draw.randrange(12))),
    )
    contents = Contents(
        message_id=MessageId(UUID(int=number + 1)),
        occasion_at=NOW,
        case=case.model_copy(update={"received_at": NOW}),
        submission=submission,
        original=None if bare else text(draw, 2000).encode(),
        original_media_type=draw.choice([None, "application/json", "application/xml"]),
        attachments=[a_file(draw, n, data[f"uploads/{n}"]) for n in range(files)],
        history=() if bare else history(draw),
    )
    return contents, Shelf(data)


@pytest.fixture(scope="session")
def schemas(reference_data: Path) -> Path:
    return reference_data / "xdomea" / "xsd"


def packed(contents: Contents, shelf: Shelf, schemas: Path | None, chosen: Xdomea) -> Packed:
    means = Means(shelf, lambda _: shelf, str, None, schemas)
    return pack_xdomea(contents, chosen, means)


def container_of(made: Packed, shelf: Shelf) -> bytes:
    (part,) = made.parts
    assert part.object_key is not None
    data = shelf.written[part.object_key]
    assert (part.size, part.sha256) == (len(data), sha256(data).hexdigest())
    return data


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_is_valid_and_every_container_holds_what_it_names(
    schemas: Path, version: str
) -> None:
    schema = load_schema(schema_of(version, schemas))
    counts = set()
    for number in range(CASES):
        contents, shelf = generated(number)
        chosen = settings(version, **(ALL_SETTINGS if number % 3 == 0 else {}))

        made = packed(contents, shelf, schemas, chosen)

        assert made.name == f"{contents.message_id}_Abgabe.Abgabe.0401.zip"
        message, entries = read_back(container_of(made, shelf), made.name)
        schema.assertValid(message)
        named = message.findall(".//{*}Primaerdokument/{*}Dateiname")
        assert sorted(each.text or "" for each in named) == sorted(entries)
        sums = {d.findtext("{*}Version//{*}Dateiname"): checksum(d) for d in documents(message)}
        assert {n: sha256(data).hexdigest() for n, data in entries.items()} == {
            name: value for name, value in sums.items() if name is not None
        }
        withheld = [f for f in contents.attachments if f.malware_verdict is MalwareVerdict.WITHHELD]
        assert list(sums).count(None) == (1 if withheld else 0)
        assert len(message.findall(".//{*}Vorgang/{*}HistorienProtokollInformation")) == len(
            contents.history
        )
        counts.add(len(contents.attachments))
    assert {0, 100} <= counts


def read_back(data: bytes, name: str) -> tuple[Any, dict[str, bytes]]:
    """With nothing of ours: the message, and every other entry."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        assert container.testzip() is None
        assert len(set(container.namelist())) == len(container.namelist())
        for info in container.infolist():
            assert info.flag_bits & 8 == 0, "its size comes after its bytes"
            assert re.fullmatch(r"[A-Za-z0-9._-]{1,140}", info.filename), info.filename
        files = {each: container.read(each) for each in container.namelist()}
    return etree.fromstring(files.pop(f"{name.removesuffix('.zip')}.xml")), files


def documents(message: Any) -> list[Any]:
    return list(message.findall(".//{*}Vorgang/{*}Dokument"))


def checksum(document: Any) -> str | None:
    fields = document.findall("{*}AnwendungsspezifischeErweiterung/{*}Feld")
    return {f.findtext("{*}Name"): f.findtext("{*}Wert") for f in fields}.get("SHA-256")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_case_gives_the_same_bytes(schemas: Path, version: str) -> None:
    for number in range(0, CASES, 17):
        made = []
        for _ in range(2):
            contents, shelf = generated(number)
            made.append(container_of(packed(contents, shelf, schemas, settings(version)), shelf))
        assert made[0] == made[1]


def test_what_an_attempt_that_was_cut_off_has_written_counts(schemas: Path) -> None:
    contents, shelf = generated(3)
    first = packed(contents, shelf, schemas, settings("3.1.0"))

    second = packed(contents, shelf, schemas, settings("3.1.0"))

    assert first == second
    assert len(shelf.written) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_head_and_codes_are_as_others_write_them(schemas: Path, version: str) -> None:
    contents, shelf = generated(3)
    made = packed(contents, shelf, schemas, settings(version, **ALL_SETTINGS))
    message, _ = read_back(container_of(made, shelf), made.name or "")

    assert message.prefix == "xdomea"
    assert message.nsmap["xdomea"] == f"urn:xoev-de:xdomea:schema:{version}"
    assert message.findtext(".//{*}ProzessID") == str(contents.message_id)
    kind = message.find(".//{*}Nachrichtentyp")
    assert kind.get("listURI") == "urn:xoev-de:xdomea:codeliste:nachrichtentyp"
    assert kind.findtext("code") == "0401", "in no namespace"
    for code in message.iter("{*}Dateiformat", f"{{urn:xoev-de:xdomea:schema:{version}}}Name"):
        if code.get("listURI"):
            assert code.get("listURI") == "urn:xoev-de:xdomea:codeliste:dateiformat"
            assert code.get("listVersionID") == "1.0"


def test_codes_of_formats_are_those_of_the_list(reference_data: Path) -> None:
    from functions.forward.formats.xdomea.codes import _BY_EXTENSION

    path = reference_data / "xdomea" / "code_lists" / "3.0.0" / "Dateiformat_1.0.xml"
    rows = etree.parse(path).getroot().findall(".//{*}Row")
    listed = {
        written(code): written(name).partition(" ")[0]
        for code, name in (row.findall("{*}Value") for row in rows)
    }
    for extension, code in _BY_EXTENSION.items():
        assert listed[code] == extension


def written(element: Any) -> str:
    return "".join(map(str, element.itertext())).strip()


def test_elements_stand_where_real_messages_have_them(reference_data: Path, schemas: Path) -> None:
    """What both our message and the examples of others have, they have under the same parents."""
    examples = [
        path
        for path in (reference_data / "xdomea" / "messages").rglob("*.xml")
        if b"urn:xoev-de:xdomea:schema:3.0.0" in path.read_bytes()
    ]
    theirs = {place for path in examples for place in places(etree.parse(path).getroot())}
    contents, shelf = generated(3)
    made = packed(contents, shelf, schemas, settings("3.0.0", **ALL_SETTINGS))
    message, _ = read_back(container_of(made, shelf), made.name or "")
    known = {child for _, child in theirs}
    ours = {(parent, child) for parent, child in places(message) if child in known}

    assert len(ours) > 25
    assert ours - theirs <= {
        # Theirs are other messages, and none has a field of its own or a remark in its history.
        ("Abgabe.Abgabe.0401", "Kopf"),
        ("Abgabe.Abgabe.0401", "Schriftgutobjekt"),
        ("AnwendungsspezifischeErweiterung", "Kennung"),
        ("AnwendungsspezifischeErweiterung", "Name"),
        ("Feld", "Name"),
        ("HistorienProtokollInformation", "Bemerkung"),
    }


def places(root: Any) -> Iterator[tuple[str, str]]:
    for element in root.iter(etree.Element):
        if element.getparent() is not None:
            yield etree.QName(element.getparent()).localname, etree.QName(element).localname


def test_letters_of_string_latin_plus_survive(reference_data: Path, schemas: Path) -> None:
    page = etree.parse(reference_data / "hostile" / "strings" / "latinchars.xml").getroot()
    letters = [
        "".join(chr(int(point, 16)) for point in str(cp.text).split()) for cp in page.iter("{*}cp")
    ]
    assert len(letters) > 500
    value = " ".join(letters)
    contents, shelf = generated(3)
    field = FormField(name="n", label="l", kind=FieldKind.TEXT, value=value)
    submission = contents.submission.model_copy(update={"fields": (field,)})
    for version in VERSIONS:
        one = Contents(
            MessageId(UUID(int=int(version[0]) * 100 + int(version[2]))),
            contents.occasion_at,
            contents.case,
            submission,
            None,
            None,
            [],
        )
        made = packed(one, shelf, schemas, settings(version))
        _, entries = read_back(container_of(made, shelf), made.name or "")
        (data,) = entries.values()
        assert etree.fromstring(data).findtext(".//{*}value") == value


def test_what_xml_cannot_hold_is_marked_and_the_original_has_it(schemas: Path) -> None:
    contents, shelf = generated(3)
    field = FormField(name="n", label="l", kind=FieldKind.TEXT, value="a\u0001b")
    submission = contents.submission.model_copy(update={"fields": (field,)})
    one = Contents(
        contents.message_id, NOW, contents.case, submission, b'"a\\u0001b"', "application/json", []
    )

    made = packed(one, shelf, schemas, settings("3.1.0"))

    _, entries = read_back(container_of(made, shelf), made.name or "")
    assert b'"a\\u0001b"' in entries.values()
    assert any("a\ufffdb".encode() in data for data in entries.values())


def test_without_the_schemas_nothing_is_sent(schemas: Path, tmp_path: Path) -> None:
    contents, shelf = generated(3)
    for folder in (None, tmp_path):
        with pytest.raises(NotDelivered, match="no_schemas"):
            packed(contents, shelf, folder, settings("3.0.0"))
    (tmp_path / "3.0.0").mkdir()
    (tmp_path / "3.0.0" / ENTRY).write_text("<no-schema/>")
    with pytest.raises(NotDelivered, match="bad_schemas"):
        packed(contents, shelf, tmp_path, settings("3.0.0"))
    assert shelf.written == {}


def test_what_does_not_keep_to_the_schema_is_refused_without_quoting_it(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.forward.formats.xdomea import message

    contents, shelf = generated(3)
    monkeypatch.setattr(message, "_day", lambda _: "geheim")

    with pytest.raises(Refused, match="invalid_message") as refused:
        packed(contents, shelf, schemas, settings("3.1.0"))

    assert "Beginn" in (refused.value.reason or "")
    assert "geheim" not in (refused.value.reason or "")
    assert shelf.written == {}


def test_a_damaged_file_is_never_packed(schemas: Path) -> None:
    contents, shelf = generated(1)
    clean = (f for f in contents.attachments if f.malware_verdict is MalwareVerdict.CLEAN)
    sent = next(file for file in clean if file.size)
    kept = shelf.objects[sent.object_key]
    shelf.objects[sent.object_key] = kept[:-1] + bytes([kept[-1] ^ 1])

    with pytest.raises(Damaged):
        packed(contents, shelf, schemas, settings("3.1.0"))

    assert shelf.written == {}


def test_a_container_with_files_of_many_megabytes_is_never_whole_in_memory() -> None:
    """The pieces are handed on as they come: what is held at a time is counted."""
    contents, _ = generated(0)
    piece, pieces = b"x" * 100_000, 50
    digest = sha256(piece * pieces).hexdigest()
    attachment = Attachment(
        position=1,
        kind=AttachmentKind.ATTACHMENT,
        name="a.bin",
        size=len(piece) * pieces,
        sha256=digest,
        object_key="large",
    )
    read: list[int] = []

    class Large(Shelf):
        def read(self, key: str) -> Iterator[bytes]:
            for _ in range(pieces):
                read.append(1)
                yield piece

    class Counting(Writing):
        most_ahead = 0

        def write(self, data: bytes) -> None:
            written_before = self.size // len(piece)
            ahead = len(read) - pieces - written_before
            Counting.most_ahead = max(Counting.most_ahead, ahead)
            super().write(data)

    class Counted(Large):
        def writer(self, key: str, media_type: str | None = None) -> Writing:
            return Counting(self, key)

    from functions.forward.formats.xdomea.documents import documents_of

    large = Contents(
        contents.message_id, NOW, contents.case, contents.submission, None, None, [attachment]
    )
    store_container(large, "m.xml", b"<m/>", documents_of(large), Counted({}))

    assert len(read) == 2 * pieces
    assert Counting.most_ahead < 5
