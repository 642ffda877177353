"""The functions' database roles, as the tests take them on."""

from urllib.parse import urlencode, urlsplit


def as_role(url: str, role: str) -> str:
    """The URL with which every connection of a superuser has only the rights of this role."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode({"options": f"-c role={role}"})]))
    return parts._replace(query=query.replace("+", "%20")).geturl()
