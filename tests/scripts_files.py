# SPDX-License-Identifier: BSD-2-Clause
"""Tests of files that are complete or not there."""
import os
import subprocess
import sys

from scripts import TOP, stratalib, test


@test("files of one name that are written at once are complete, and errors leave them as before")
def files_at_once(tmp):
    path, writers, times = f"{tmp}/bench.json", 4, 200
    program = ("import sys; from stratalib import export\n"
               "for n in range(int(sys.argv[3])):\n"
               "    export.write_file(sys.argv[1], sys.argv[2] * 20000 + '\\n')\n")
    env = {**os.environ, "PYTHONPATH": os.path.join(TOP, "scripts")}
    children = [subprocess.Popen([sys.executable, "-c", program, path, str(n), str(times)],
                                 stderr=subprocess.PIPE, text=True, env=env)
                for n in range(writers)]
    errors = [child.communicate()[1] for child in children]
    assert not any(child.returncode for child in children), errors
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert text in {str(n) * 20000 + "\n" for n in range(writers)}, text[:100]
    files = stratalib("files")
    try:
        with files.replacing(path) as f:
            f.write("half")
            raise ValueError
    except ValueError:
        pass
    with open(path, encoding="utf-8") as f:
        assert f.read() == text
    assert os.listdir(tmp) == ["bench.json"], os.listdir(tmp)
