"""What can go wrong, and what the broker does about it.

LotseError
├── Rejected         can never succeed as sent: answered 422, dead-lettered at once
│   ├── NotAssignable
│   │   └── HeldByAnother
│   ├── NotReroutable
│   │   └── UnknownAuthority
│   ├── UnknownCase
│   ├── UnknownDirectoryVersion
│   ├── UnknownEvent
│   └── UnknownObject
├── Unavailable      may succeed later: answered 503, retried with backoff
│   ├── DamagedFile
│   ├── DirectoryAway
│   ├── NotAnswered
│   ├── NotPublished
│   ├── ScanBroken
│   ├── StaleCase
│   └── UploadExpired
└── AlreadyStored    the same thing was stored before: the caller answers as it did then
"""


class LotseError(Exception):
    """Carries ids and codes only: its text may be logged."""


class Rejected(LotseError):
    """Can never succeed as sent; trying again does not help."""


class NotAssignable(Rejected):
    """A person wants a case to lie where it cannot lie; the text says what to mend."""


class HeldByAnother(NotAssignable):
    """Somebody has the case, and has not consented to give it away."""


class NotReroutable(Rejected):
    """A person wants the case to go where it cannot go; the text says what to mend."""


class UnknownAuthority(NotReroutable):
    """No tenant has declared an authority of this id."""


class UnknownCase(Rejected):
    """No case has this id."""


class UnknownDirectoryVersion(Rejected):
    """The authority directory has no version of this number; `lotse directory versions` has."""


class UnknownEvent(Rejected):
    """The case has no such event, or the event is of a type this function does not take."""


class UnknownObject(Rejected):
    """The object store has nothing under this key."""


class Unavailable(LotseError):
    """Something this needs is away for now; trying again helps."""


class DamagedFile(Unavailable):
    """A file is missing in the object store, or is not what was received; it may be restored."""


class DirectoryAway(Unavailable):
    """Of a caseworkers' directory there is no answer, and no recent one is known."""


class NotAnswered(Unavailable):
    """A directory is there, and does not answer this question; others it may."""


class NotPublished(Unavailable):
    """The broker is away: nobody has got the event."""


class ScanBroken(Unavailable):
    """The malware scanner broke off in the middle of a file: perhaps because of this file."""


class StaleCase(Unavailable):
    """The case changed since it was read; read it again and decide anew."""


class UploadExpired(Unavailable):
    """The upload attempt was swept meanwhile; the sender has to send its files again."""


class AlreadyStored(LotseError):
    """Nothing was changed, because this is stored already (or was, and has been deleted)."""
