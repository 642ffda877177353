"""Where Knative says our events go (K_SINK): one POST each, over connections that are kept."""

import urllib3

from shared.domain.errors import NotPublished, Unavailable
from shared.domain.events import Event
from shared.runtime.cloud_events import binary

_REFUSED = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError)
# No broker there yet, or nothing behind the proxy. A 500 may come although it was delivered.
_AWAY = frozenset({404, 429, 502, 503, 504})


class Sink:
    """Safe for threads. Use one per process: its connections do not survive a fork."""

    def __init__(self, url: str, *, connections: int, timeout: float = 10) -> None:
        self._path = urllib3.util.parse_url(url).request_uri
        # Not a PoolManager: it would take the address apart again for each event.
        self._http = urllib3.connection_from_url(
            url,
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=min(2, timeout), read=timeout),
        )

    def send(self, event: Event) -> None:
        """Raise NotPublished if nobody got it, Unavailable if that is not known."""
        headers, body = binary(event)
        try:
            answer = self._http.urlopen("POST", self._path, body=body, headers=headers)
        except _REFUSED as exc:
            raise NotPublished(type(exc).__name__) from None
        except urllib3.exceptions.HTTPError as exc:
            raise Unavailable(type(exc).__name__) from None
        if answer.status in _AWAY:
            raise NotPublished(str(answer.status))
        if not 200 <= answer.status < 300:
            raise Unavailable(str(answer.status))
