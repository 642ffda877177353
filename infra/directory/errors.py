"""Why a feed or a table is not taken at all, as opposed to one of its entries."""


class DirectoryFileError(Exception):
    """Nothing of it can be used; the text says what to mend."""
