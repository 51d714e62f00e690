# SPDX-License-Identifier: BSD-2-Clause
"""Files that are complete or not there."""
import contextlib
import os


@contextlib.contextmanager
def replacing(path, mode="w"):
    """
    A file open for writing that becomes PATH at the end, in place of what was there; after an
    error PATH is as before. Of several processes that write it, the last one's text stays: each
    has a temporary file of its own.
    """
    work = f"{path}.{os.getpid()}.tmp"
    try:
        with open(work, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
        os.replace(work, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(work)
