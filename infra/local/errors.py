"""What can keep the one-machine stand-in from running, in words fit for printing.

LocalError
├── AlreadyRunning   another supervisor holds the state directory
├── PartFailed       a part did not become ready
├── PortTaken        the port that was asked for cannot be had
└── MigrationFailed  the database could not be brought to the newest schema
"""


class LocalError(Exception):
    """Its text is one or a few sentences for the person at the terminal."""


class AlreadyRunning(LocalError):
    pass


class PartFailed(LocalError):
    pass


class PortTaken(LocalError):
    pass


class MigrationFailed(LocalError):
    pass
