"""Become the program of a part: change the user if asked, and die when the supervisor does.

Run by path, as a script: `python -I -S launch.py SUPERVISOR-PID USER-OR-DASH PROGRAM ARGUMENT...`
"""

import contextlib
import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with(supervisor: int) -> None:
    """Linux only; elsewhere the supervisor's next start ends what it left behind."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        sys.exit("the supervisor has ended")


def main() -> None:
    supervisor, user, *argv = sys.argv[1:]
    if user != "-":
        become(user)
    # After the change of user, which clears the setting.
    die_with(int(supervisor))
    # Python ignores SIGPIPE and the next program would inherit that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 (the point of this script)
    except OSError as exc:
        sys.exit(f"{argv[0]} cannot be started: {exc.strerror}")


if __name__ == "__main__":
    main()
