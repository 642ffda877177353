"""What a code of a forwarding means, for people: what happened, and what to mend."""

_WORDS = {
    "bad_address": "its address cannot be used: see `url` of the destination",
    "bad_secret": "its secret is missing or no signing secret: see `secret` of the destination",
    "cut_off": "the attempts ended before their end was recorded: perhaps it takes too much memory",
    "does_not_take_this_case": "the destination does not take such a case, as it is declared",
    "invalid_message": "the message does not keep to the schema; nothing was sent",
    "links_expired": "the links in the message have expired: ask for it anew instead",
    "mapping_incomplete": "a field that the mapping needs was not filled in",
    "message_differs": "the frozen message is not what was recorded: see the object store",
    "message_missing": "the frozen message is missing in the object store",
    "name_taken": "something else lies under its name at the destination",
    "no_receipt": "it was taken, but never said to be accepted",
    "no_schemas": "the schemas to check it against are not there: see XDOMEA_SCHEMAS",
    "not_declared": "the tenant does not declare this destination any more",
    "rejected_later": "it was taken, and rejected afterwards",
    "root_missing": "the folder of the destinations is not mounted",
    "timeout": "it did not answer in time",
    "too_large_for_inline": "its files are too large to go within the message",
    "unavailable": "a store that is needed for it did not answer",
}

_STATUS = {
    400: "it could not read the message",
    401: "it did not accept our login or signature",
    403: "it does not allow us to do this",
    404: "there is nothing at its address",
    409: "it is in conflict with something that is there",
    413: "the message is too large for it",
    415: "it does not take this kind of content",
    422: "it does not accept the contents",
    423: "something there is locked",
    429: "it is asked too often",
    507: "it has no space left",
}


def in_words(code: str | None) -> str:
    """A code that is not known is told as it is."""
    if code is None:
        return "no reason was given"
    if not code.startswith("http_"):
        return _WORDS.get(code, f"it failed ({code})")
    status = int(code.removeprefix("http_"))
    known = "it has a failure of its own" if status >= 500 else "it answered otherwise"
    return f"{_STATUS.get(status, known)} (HTTP {status})"
