"""Under which account the embedded servers run, and where that account can reach its files.

PostgreSQL refuses to run as root, and a Redis has no need to. As root both are handed to an account that every system
has and that owns nothing. A checkout below a closed directory (root's home) is out of that account's reach; then
binaries and data live under /var/lib/coalition instead. Permissions of directories that are not ours stay as they are.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tenants.runtime.errors import Refusal
from tenants.runtime.settings import make_data_dir

ELSEWHERE = Path("/var/lib/coalition")


@dataclass(frozen=True)
class Account:
    """An operating system account to become before starting a server."""

    uid: int
    gid: int

    def arguments(self) -> dict[str, Any]:
        """What subprocess.Popen needs in order to start a process as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def can_enter(self, directory: Path) -> bool:
        """Whether the account may walk down to the directory, asked of the system rather than guessed."""
        command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)]
        return subprocess.run(command, cwd="/", check=False, **self.arguments()).returncode == 0

    def own(self, path: Path) -> None:
        """Give one file or directory to the account."""
        os.chown(path, self.uid, self.gid)


def server_account() -> Account | None:
    """The account to become; None when this process is not root and simply stays who it is."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Refusal("no_server_account", account="nobody") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def server_home(data_dir: Path, account: Account | None) -> Path:
    """The directory of the servers' own files, given to their account: in `data_dir` if it can be reached."""
    make_data_dir(data_dir)
    near = data_dir / "servers"
    if account is None or account.can_enter(data_dir):
        home = near
    else:
        name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
        home = ELSEWHERE / name
        ELSEWHERE.mkdir(parents=True, exist_ok=True)
        ELSEWHERE.chmod(0o711)
    home.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        account.own(home)
        if not account.can_enter(home):
            raise Refusal("server_home_closed", path=str(home))
    return home


def binaries(package: str, inside: str, home: Path, account: Account | None) -> Path:
    """The directory with a package's server binaries, or a copy in `home` where the account cannot reach them."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Refusal("server_binaries_missing", package=package)
    root = Path(spec.submodule_search_locations[0])
    if account is None or account.can_enter(root / inside / "bin"):
        return root / inside / "bin"
    copy = home / f"binaries-{package}-{root.stat().st_mtime_ns}"
    if not copy.exists():
        draft = home / "binaries.draft"
        shutil.rmtree(draft, ignore_errors=True)
        # The programs look for their libraries beside the package, so both move together.
        for part in (root / inside, root.with_name(f"{package}.libs")):
            if part.exists():
                shutil.copytree(part, draft / part.relative_to(root.parent), symlinks=True)
        for path in (draft, *draft.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        draft.rename(copy)
    return copy / package / inside / "bin"
