"""Read a form by what its Content-Type says it is: one reader for each kind of body."""

from dataclasses import replace

from functions.receive.delivery import Files
from functions.receive.forms import json_form, urlencoded, xml_form
from functions.receive.forms.charsets import charset_of
from functions.receive.forms.form import Form, Terms
from functions.receive.forms.form_parts import read_form_parts
from functions.receive.incoming import CHUNK, ByteStream
from functions.receive.refusal import Refused, too_large

MULTIPART = "multipart/form-data"
_XML = (xml_form.MEDIA_TYPE, "text/xml")


def media_type_of(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def read_form(
    stream: ByteStream, content_type: str | None, files: Files, terms: Terms, *, xml: bool
) -> Form:
    """Raise Refused: 415 for another kind of body, and what the readers raise."""
    charset = charset_of(content_type)
    form = _read(stream, content_type, charset or terms.mapping.charset, files, terms, xml)
    if charset is None or form.sent is not None or media_type_of(content_type) == MULTIPART:
        return form
    return replace(form, media_type=content_type or "")


def _read(
    stream: ByteStream,
    content_type: str | None,
    charset: str,
    files: Files,
    terms: Terms,
    xml: bool,
) -> Form:
    media_type = media_type_of(content_type)
    if media_type == MULTIPART:
        return read_form_parts(stream, content_type, charset, files, terms)
    if media_type == urlencoded.MEDIA_TYPE:
        return urlencoded.read_urlencoded(read_whole(stream, terms), charset, terms)
    if media_type == json_form.MEDIA_TYPE or media_type.endswith("+json"):
        return json_form.read_json_form(read_whole(stream, terms), charset, terms)
    if xml and (media_type in _XML or media_type.endswith("+xml")):
        return xml_form.read_xml_form(read_whole(stream, terms), terms)
    raise _unknown(xml)


def read_whole(stream: ByteStream, terms: Terms) -> bytes:
    data = bytearray()
    while chunk := stream.read(CHUNK):
        data += chunk
        if len(data) > terms.limits.form:
            raise too_large("The form data", terms.limits.form)
    return bytes(data)


def _unknown(xml: bool) -> Refused:
    taken = [urlencoded.MEDIA_TYPE, MULTIPART, json_form.MEDIA_TYPE, *(_XML if xml else ())]
    detail = f"Send the form as {', '.join(taken[:-1])} or {taken[-1]}, and say so in Content-Type."
    return Refused(415, "body-kind-unknown", detail, headers={"Accept": ", ".join(taken)})
