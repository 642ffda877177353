"""Who did something: every change of a case names one."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import AccountId, SenderId


class ActorKind(StrEnum):
    SENDER = "sender"
    SYSTEM = "system"
    CASEWORKER = "caseworker"
    OPERATOR = "operator"


class Actor(BaseModel):
    """`id` is an identifier (a sender's, a function's, an account's), never a person's name."""

    model_config = ConfigDict(frozen=True)

    kind: ActorKind
    id: str

    @classmethod
    def sender(cls, sender: SenderId) -> Self:
        return cls(kind=ActorKind.SENDER, id=sender)

    @classmethod
    def system(cls, function: str) -> Self:
        return cls(kind=ActorKind.SYSTEM, id=function)

    @classmethod
    def operator(cls, account: str) -> Self:
        return cls(kind=ActorKind.OPERATOR, id=account)

    @classmethod
    def caseworker(cls, account: AccountId) -> Self:
        return cls(kind=ActorKind.CASEWORKER, id=account)
