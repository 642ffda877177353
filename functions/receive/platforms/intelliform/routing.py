"""What a deposit says of its way: custom parameters, the defaults of its form, the login."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from functions.receive.refusal import invalid
from shared.domain.configuration.intelliform import FormDefaults, Intelliform
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId, is_leika_key
from shared.domain.submission import Mailbox, ServiceAccount

_REGION = re.compile(r"[0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{8,9}|[0-9]{12}")


@dataclass
class Routing:
    """Takes from the parameters what the sender's settings name; `others` are kept as they are."""

    settings: Intelliform
    leika_keys: tuple[LeikaKey, ...] = ()
    unit: UnitId | None = None
    region: RegionKey | None = None
    is_test: bool = False
    mailbox: str | None = None
    assurance_level: str | None = None
    others: dict[str, Any] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)

    def read(self, parameters: Iterable[tuple[str, str]], form: str | None) -> None:
        """Raise Refused (422) where a parameter says two things."""
        given: dict[str, list[str]] = defaultdict(list)
        for key, value in parameters:
            given[key].append(value)
        settings = self.settings
        defaults = settings.forms.get(form or "", FormDefaults())
        self.leika_keys = self._keys(given.pop(settings.leika_parameter, [])) or tuple(
            LeikaKey(key) for key in defaults.leika_keys
        )
        self.unit = UnitId(_one(given, settings.unit_parameter) or defaults.unit or "") or None
        self.mailbox = _one(given, settings.mailbox_parameter)
        self.assurance_level = _one(given, settings.assurance_level_parameter)
        self.region = self._region(given)
        self.is_test = _is_true(_one(given, settings.test_parameter), settings.test_parameter)
        self.others = {
            key: values[0] if len(values) == 1 else values for key, values in given.items()
        }

    def account(self, login: dict[str, str]) -> ServiceAccount | None:
        """What the form passes on in parameters counts more than its data set."""
        mailbox = self.mailbox or login.get("mailbox")
        account = ServiceAccount(
            type=login.get("account_type"),
            assurance_level=self.assurance_level or login.get("assurance_level"),
            mailbox=Mailbox(identifier=mailbox) if mailbox else None,
        )
        return None if account == ServiceAccount() else account

    def _keys(self, values: Iterable[str]) -> tuple[LeikaKey, ...]:
        keys = [key.strip() for value in values for key in re.split("[,;]", value)]
        keys = [key for key in dict.fromkeys(keys) if key]
        if not all(map(is_leika_key, keys)):
            self.flags.add("leika-key-malformed")
        return tuple(map(LeikaKey, keys))

    def _region(self, given: dict[str, list[str]]) -> RegionKey | None:
        name = self.settings.region_parameter
        region = _one(given, name)
        if region is None:
            return None
        if _REGION.fullmatch(region):
            return RegionKey(region)
        self.flags.add("region-malformed")
        given[name] = [region]
        return None


def _one(given: dict[str, list[str]], name: str) -> str | None:
    values = dict.fromkeys(value.strip() for value in given.pop(name, []))
    said = [value for value in values if value]
    if len(said) > 1:
        detail = "This parameter has two values; which of them is meant?"
        raise invalid("several-values", detail, f"customParameters {name}")
    return said[0] if said else None


def _is_true(value: str | None, name: str) -> bool:
    if value not in (None, "true", "false"):
        raise invalid("bad-parameter", "It is true or false.", f"customParameters {name}")
    return value == "true"
