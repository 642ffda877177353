"""intelliForm (AFM) over SOAP: `POST /intelliform`, operation deposit, inline or as MTOM."""

from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.platforms.intelliform.answers import accepted, refused
from functions.receive.platforms.intelliform.application import Application
from functions.receive.platforms.intelliform.description import describe
from functions.receive.platforms.intelliform.message import Message

__all__ = ["accepted", "describe", "read", "refused"]


def read(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    message = Message(arrival, files, limits)
    deposit = message.read()
    return Application(arrival, files, limits, deposit).delivery(message.unnamed())
