"""An answer to the sender that says what to mend, as a problem document of RFC 9457."""

from typing import Any

PROBLEM_JSON = "application/problem+json"


class Refused(Exception):
    """A request that is not stored: `retry` says whether sending it again, unchanged, can help.

    Names of fields and parts may stand in `detail` and `place`, since the sender knows them; values
    never do. Neither goes into a log: there only `code` and `status` do.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        place: str | None = None,
        retry: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.place = place
        self.retry = retry
        self.headers = {"Retry-After": "5"} if retry else {}
        self.headers |= headers or {}

    def problem(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.code.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "retryable": self.retry,
        }
        if self.place is not None:
            document["place"] = self.place
        return document


def invalid(code: str, detail: str, place: str) -> Refused:
    """The body could be read, but what stands at `place` cannot be taken."""
    return Refused(422, code, detail, place=place)


def too_large(what: str, limit: int, place: str | None = None) -> Refused:
    return Refused(413, "too-large", f"{what} is larger than {limit} bytes.", place=place)
