"""The case's record in the words of the recipients: who did what, from ids and codes."""

from typing import NamedTuple

from shared.domain.actor import ActorKind
from shared.domain.case import LoggedEntry

_ACTORS = {
    ActorKind.SENDER: "Absender",
    ActorKind.SYSTEM: "System",
    ActorKind.CASEWORKER: "Sachbearbeitung",
    ActorKind.OPERATOR: "Betrieb",
}
_ACTIONS = {
    "case.received": "Antrag eingegangen",
    "case.routed": "Zuständigkeit ermittelt",
    "case.re-routed": "An eine andere Stelle geleitet",
    "case.assigned": "Zugewiesen",
    "case.claimed": "Übernommen",
    "case.released": "Freigegeben",
    "case.reassigned": "Neu zugewiesen",
    "case.consented": "Abgabe zugestimmt",
    "case.consent-withdrawn": "Zustimmung zurückgenommen",
    "case.redriven": "Erneut angestoßen",
    "case.files-redelivered": "Dateien nachgeliefert",
    "case.forwarded": "Weitergeleitet",
    "file.scanned": "Datei auf Schadsoftware geprüft",
    "file.rescan-requested": "Erneute Prüfung veranlasst",
    "file.released": "Datei freigegeben",
    "file.withheld": "Datei zurückgehalten",
    "forwarding.requested": "Übergabe verlangt",
    "forwarding.sent": "Übergeben",
    "forwarding.accepted": "Übergabe angenommen",
    "forwarding.rejected": "Übergabe abgewiesen",
    "forwarding.given_up": "Übergabe aufgegeben",
    "forwarding.sent-again": "Übergabe erneut veranlasst",
    "forwarding.waived": "Auf Übergabe verzichtet",
}


class HistoryLine(NamedTuple):
    actor: str
    action: str
    remark: str | None


def history_line(entry: LoggedEntry) -> HistoryLine:
    """An action that is not known here is told by its code."""
    told = [
        f"{name}: {value}"
        for name, value in sorted(entry.details.items())
        if isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    ]
    return HistoryLine(
        actor=f"{_ACTORS[entry.actor.kind]} {entry.actor.id}",
        action=_ACTIONS.get(entry.action, entry.action),
        remark="; ".join(told) or None,
    )
