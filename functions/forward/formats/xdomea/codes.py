"""Codes of xdomea's lists: Dateiformat 1.0, Medium 1.0, Vertraulichkeitsstufe 1.0."""

ELECTRONIC = "001"
CONFIDENTIALITY = {"open": "003", "internal": "002", "confidential": "005"}
OTHER_FORMAT = "100"

_BY_EXTENSION = {
    "bmp": "001",
    "csv": "002",
    "doc": "003",
    "eml": "006",
    "htm": "007",
    "html": "008",
    "jpe": "009",
    "jpeg": "010",
    "jpg": "011",
    "msg": "012",
    "odp": "013",
    "ods": "014",
    "odt": "015",
    "otp": "016",
    "ots": "017",
    "pdf": "018",
    "png": "019",
    "ppt": "020",
    "ps": "021",
    "rtf": "022",
    "tif": "023",
    "tiff": "024",
    "wps": "025",
    "xls": "028",
    "xml": "030",
    "xsd": "031",
    "dot": "032",
    "pot": "033",
    "xlt": "034",
    "docx": "035",
    "xlsx": "036",
    "pptx": "037",
    "dotx": "038",
    "xltx": "039",
    "potx": "040",
    "dtd": "041",
    "mpp": "042",
    "ott": "043",
    "txt": "045",
}
_EXTENSION_OF = {
    "application/json": "json",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "image/bmp": "bmp",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "message/rfc822": "eml",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/xml": "xml",
}


def extension_of(name: str, detected: str | None, declared: str | None) -> str:
    """In lower case: what the first bytes say, or else the name, or else the sender."""
    by_bytes = _EXTENSION_OF.get((detected or "").partition(";")[0].strip().lower())
    if by_bytes is not None:
        return by_bytes
    stem, dot, extension = name.rpartition(".")
    if dot and stem and extension.isascii() and extension.isalnum() and len(extension) <= 8:
        return extension.lower()
    return _EXTENSION_OF.get((declared or "").partition(";")[0].strip().lower(), "bin")


def format_code(extension: str) -> str:
    return _BY_EXTENSION.get(extension, OTHER_FORMAT)
