"""Labels of a form as plain text: they may have been written in HTML."""

from html.parser import HTMLParser

_UNSEEN = ("script", "style", "template")


def plain_text(label: str) -> str:
    """What one would read of it on the screen, in one line."""
    text = label
    if "<" in label or "&" in label:
        parser = _Text()
        parser.feed(label)
        parser.close()
        text = "".join(parser.seen)
    return " ".join(text.split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag not in _WITHIN_A_WORD:
            self.seen.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag not in _WITHIN_A_WORD:
            self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.seen.append(data)


_WITHIN_A_WORD = frozenset(
    ("a", "abbr", "b", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "u")
)
