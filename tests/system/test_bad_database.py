# SPDX-License-Identifier: Apache-2.0
"""A database that is newer, no database, or on a full disk: a clear word, nothing half done."""

import os
import re
import sqlite3
import subprocess

from lib.case import main
from lib.endpoint import command
from lib.switch import BIN


def expect_refusal(case, database, pattern):
    """vswmgrd has to end by itself, naming the file and the cause, and leave the file alone."""
    run_dir = case.folder / "run"
    run_dir.mkdir(exist_ok=True)
    before = database.read_bytes() if database.is_file() else b""
    done = subprocess.run([BIN / "vswmgrd", "--run-dir", run_dir, "--db", database],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
    print(f"  vswmgrd said: {done.stdout.strip().splitlines()[-1:]}")
    assert 0 < done.returncode < 128, f"exit status {done.returncode}: {done.stdout}"
    assert str(database) in done.stdout, f"the file is not named: {done.stdout}"
    assert re.search(pattern, done.stdout, re.IGNORECASE), f"no /{pattern}/ in: {done.stdout}"
    assert (database.read_bytes() if database.is_file() else b"") == before, "the file was changed"


def unusable_files(case):
    """Files that vswmgrd must not touch."""
    case.step("the schema of a later version")
    newer = case.folder / "newer.db"
    switch = case.switch("writer")
    switch.ctl("add-br", "br0")
    switch.stop()
    newer.write_bytes((switch.run_dir / "conf.db").read_bytes())
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA user_version = 9999")
    connection.commit()
    connection.close()
    expect_refusal(case, newer, "newer|version")

    case.step("no database at all, somebody else's database, a folder")
    garbage = case.folder / "garbage.db"
    garbage.write_bytes(os.urandom(8192))
    expect_refusal(case, garbage, "not a database|corrupt|no database")
    foreign = case.folder / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.commit()
    connection.close()
    expect_refusal(case, foreign, "another|not.*vsw|foreign|belongs")
    (case.folder / "folder.db").mkdir()
    expect_refusal(case, case.folder / "folder.db", "folder|directory|open")


def full_disk(case):
    """A change that cannot be stored is refused whole, and all goes on once there is room."""
    case.step("a full disk")
    disk = case.folder / "disk"
    disk.mkdir()
    command("mount", "-t", "tmpfs", "-o", "size=2m", "vsw-test", disk)
    case.defer(command, "umount", "-l", disk)
    # The database lies in the run directory.
    full = case.switch("disk/run", case.namespace("full"))
    full.ctl("add-br", "br0")
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\0" * 4096)
        except OSError:
            pass
    refused = 0
    for number in range(200):
        status, _, errors = full.try_ctl("add-br", f"full{number}", f"label.text={'x' * 3000}")
        if status != 0:
            refused = number + 1
            print(f"  vswctl said: {errors.strip()}")
            assert status == 1 and re.search("full|space", errors, re.IGNORECASE), (status, errors)
            break
    assert refused, "200 bridges were stored on a full disk"
    name = f"full{refused - 1}"
    assert full.try_ctl("br-exists", name)[0] == 2, "the refused bridge is there"
    (disk / "ballast").unlink()
    full.ctl("add-br", name)
    assert name in full.ctl("list-br").split()


def body(case):
    """See the module's text."""
    unusable_files(case)
    full_disk(case)


main(body)
