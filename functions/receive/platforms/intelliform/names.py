"""The namespaces of intelliForm's messages and data sets, and of the SOAP around them."""

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
NEXT_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"
BACKEND = "http://xmlns.cit.de/intelliform/2009/webservices/backend"
XOP = "http://www.w3.org/2004/08/xop/include"

_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{_WSS}wssecurity-secext-1.0.xsd"
WSU = f"{_WSS}wssecurity-utility-1.0.xsd"
PASSWORD_TEXT = f"{_WSS}username-token-profile-1.0#PasswordText"
PASSWORD_DIGEST = f"{_WSS}username-token-profile-1.0#PasswordDigest"

TRANSACTION = "http://xmlns.cit.de/intelliform/transaction"
USER = "http://xmlns.cit.de/intelliform/user"
INTERNAL = "http://xmlns.cit.de/assistants/internal"
ANNOTATION = "http://xmlns.cit.de/intelliform/pages/annotation/1.0"


def split(name: str) -> tuple[str, str]:
    """`{namespace}local` in two; the namespace is empty where there is none."""
    namespace, brace, local = name.rpartition("}")
    return namespace.removeprefix("{") if brace else "", local
