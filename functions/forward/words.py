"""What a code of a forwarding means, for people: what happened, and what to mend."""

_WORDS = {
    "EACCES": "we may not write there",
    "EDQUOT": "our share of its space is used up",
    "ENOENT": "the folder that it is declared with is not there",
    "ENOSPC": "it has no space left",
    "EROFS": "it can only be read",
    "bad_address": "its address cannot be used: see `url` of the destination",
    "bad_schemas": "the schemas to check it against cannot be read: XDOMEA_SCHEMAS, SCHEMAS_ROOT",
    "bad_secret": "its secret is missing or no signing secret: see `secret` of the destination",
    "bad_key": "the private key cannot be read: see `private_key` and `passphrase`",
    "connection": "nobody answers at its address, or the connection broke off",
    "cut_off": "the attempts ended before their end was recorded: perhaps it takes too much memory",
    "does_not_take_this_case": "the destination does not take such a case, as it is declared",
    "host_key": "somebody answers with another host key: see `host_key` of the destination",
    "invalid_message": "the message does not keep to the schema; nothing was sent",
    "links_expired": "the links in it have expired: `lotse forwardings request` sends it anew",
    "login": "it does not accept our login: see `user` and its secret",
    "mapping_incomplete": "the mapping needs something that the form does not give",
    "message_differs": "the frozen message is not what was recorded: see the object store",
    "message_missing": "the frozen message is missing in the object store",
    "moved_by_another": "somebody else was at it at the same time",
    "name_taken": "something else lies under its name at the destination",
    "no_links": "links cannot be made: see S3_PUBLIC_URL",
    "no_receipt": "it was taken, but never said to be accepted",
    "no_secret": "a secret that it is declared with is not there: see `lotse destinations test`",
    "no_sftp": "it lets us in, but offers no SFTP",
    "no_schemas": "the schemas to check it against are not there: see XDOMEA_SCHEMAS, SCHEMAS_ROOT",
    "not_declared": "the tenant does not declare this destination any more",
    "rejected_later": "it was taken, and rejected afterwards",
    "root_missing": "the folder of the destinations is not mounted",
    "timeout": "it did not answer in time",
    "tls": "its certificate does not prove who it is: see `ca_file` for one of your own",
    "too_large_for_inline": "its files are too large to go within the message",
    "refused_there": "the server refused it without a reason",
    "unavailable": "a store that is needed for it did not answer",
    "written_otherwise": "what was written is not what can be read back",
}

_STATUS = {
    400: "it could not read the message",
    401: "it does not accept our login or signature",
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
