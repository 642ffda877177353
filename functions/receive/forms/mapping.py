"""Turn a form of no fixed format into a submission, as the sender's mapping says."""

from dataclasses import dataclass, field
from typing import Any

from functions.receive.delivery import MAX_TRANSACTION_ID, Arrival, Delivery
from functions.receive.forms.form import Form, Terms
from functions.receive.forms.tree import Tree
from functions.receive.refusal import invalid
from shared.domain.configuration.field_mapping import ServiceAccountSources, Source
from shared.domain.identifiers import LeikaKey, RegionKey, SenderId, UnitId, is_leika_key
from shared.domain.submission import Mailbox, ServiceAccount, Submission

# An HTML check box sends `on`; a select is written in the form's language.
_YES = frozenset({"true", "1", "on", "yes", "ja"})
_NO = frozenset({"", "false", "0", "off", "no", "nein"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the form, where the mapping does not say otherwise."""

    transaction_id: str | None = None
    how_to_send_id: str = ""
    form_id: str | None = None
    control_extra: dict[str, Any] = field(default_factory=dict)


def delivery_of(form: Form, terms: Terms, arrival: Arrival, known: Known) -> Delivery:
    """Raise Refused (422) for what the mapping asks for and the form does not have."""
    tree = Tree(form.fields, terms)
    mapping = terms.mapping
    arrival.transaction_id = _transaction_id(tree, terms, arrival, known)
    leika_keys = tuple(map(LeikaKey, tree.texts(mapping.leika_keys)))
    flags = {*form.flags, *tree.flags}
    if not all(map(is_leika_key, leika_keys)):
        flags.add("leika-key-malformed")
    submission = Submission(
        sender=SenderId(arrival.sender.id),
        transaction_id=arrival.transaction_id,
        form_id=tree.text(mapping.form_id) or known.form_id,
        form_name=tree.text(mapping.form_name),
        leika_keys=leika_keys,
        region=RegionKey(tree.text(mapping.region) or "") or None,
        named_unit=UnitId(tree.text(mapping.named_unit) or "") or None,
        service_account=_service_account(tree, mapping.service_account),
        fields=tree.fields,
        control_extra={**form.extra, **known.control_extra},
        flags=tuple(sorted(flags)),
        is_test=_is_test(tree, mapping.is_test),
    )
    return Delivery(submission, form.original, form.media_type, form.sent)


def id_before_body(arrival: Arrival, terms: Terms, known: Known) -> str | None:
    """The transaction id, unless it stands in the form."""
    source = terms.mapping.transaction_id
    if source is None:
        return known.transaction_id
    return arrival.headers.get(source.header) if source.header else None


def _transaction_id(tree: Tree, terms: Terms, arrival: Arrival, known: Known) -> str:
    """Never one of our own: a sender that tries again has to find its case."""
    source = terms.mapping.transaction_id
    place, found = "transaction id", id_before_body(arrival, terms, known)
    how_to_send = known.how_to_send_id
    if source is not None and source.field is not None:
        place, found = source.field, tree.text(Source(field=source.field))
        how_to_send = f"Send it in the field {place}."
    elif source is not None:
        place = f"header {source.header}"
        how_to_send = f"Send it in the {place}."
    if found is None or not found.strip():
        detail = f"An application needs a transaction id, the same at each try. {how_to_send}"
        raise invalid("transaction-id-missing", detail, place)
    if len(found) > MAX_TRANSACTION_ID:
        detail = f"A transaction id has at most {MAX_TRANSACTION_ID} characters."
        raise invalid("text-too-long", detail, place)
    return found


def _service_account(tree: Tree, sources: ServiceAccountSources) -> ServiceAccount | None:
    identifier = tree.text(sources.mailbox)
    type_ = tree.text(sources.mailbox_type)
    account = ServiceAccount(
        type=tree.text(sources.type),
        assurance_level=tree.text(sources.assurance_level),
        mailbox=Mailbox(identifier=identifier, type=type_ and type_.lower())
        if identifier
        else None,
    )
    return account if account != ServiceAccount() else None


def _is_test(tree: Tree, source: Source | None) -> bool:
    """Anything else might be meant either way, and the difference is a real case."""
    if source is None or source.field is None:
        return False
    said = (tree.text(source) or "").lower()
    if said not in _YES | _NO:
        detail = "Whether it is a test is said with true or false."
        raise invalid("wrong-type", detail, source.field)
    return said in _YES
