"""Where things lie, and that nobody else on a shared machine can read them.

Keeps true: every folder made here is 0700 and every file that `atomic` writes is 0600; nothing is
made before it is needed. A folder that already existed keeps its mode: it is the user's.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.core.errors import LogitscopeError

APP: Final = "logitscope"
HOME_VARIABLE: Final = "LOGITSCOPE_HOME"


@dataclass(frozen=True)
class Paths:
    """The four roots and what stands under them. Nothing of it need exist."""

    config: Path
    data: Path
    state: Path
    cache: Path

    @property
    def config_file(self) -> Path:
        """Settings that hold for every start."""
        return self.config / "config.toml"

    @property
    def personas(self) -> Path:
        """The user's own personas, one TOML each."""
        return self.config / "personas"

    @property
    def presets(self) -> Path:
        """The user's own presets, one TOML each."""
        return self.config / "presets"

    @property
    def samplers(self) -> Path:
        """The user's own samplers, one Python file each."""
        return self.config / "samplers"

    @property
    def sessions(self) -> Path:
        """The database of conversations."""
        return self.data / "sessions.db"

    @property
    def persona_bin(self) -> Path:
        """Personas that were deleted, one folder each."""
        return self.data / "bin" / "personas"

    @property
    def favourites(self) -> Path:
        """Ids of the favourite personas, one a line."""
        return self.data / "favourites.txt"

    @property
    def logs(self) -> Path:
        """What the engine process prints."""
        return self.state / "logs"

    def named(self) -> dict[str, Path]:
        """Every place by the name that `logitscope paths` prints."""
        return {
            "config": self.config_file,
            "personas": self.personas,
            "presets": self.presets,
            "samplers": self.samplers,
            "sessions": self.sessions,
            "persona bin": self.persona_bin,
            "logs": self.logs,
            "cache": self.cache,
        }


def typed_path(name: str) -> Path:
    """The file that a typed name means: `~` is a home folder, where there is one."""
    path = Path(name)
    try:
        return path.expanduser()
    except RuntimeError:  # nobody is called so: then it is a name like others, as in a shell
        return path


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """The platform's folders, or one folder for all of them where `LOGITSCOPE_HOME` names it."""
    if home := environ.get(HOME_VARIABLE):
        root = typed_path(home).absolute()
        return Paths(root / "config", root / "data", root / "state", root / "cache")
    import platformdirs

    dirs = platformdirs.PlatformDirs(APP, appauthor=False)
    return Paths(
        Path(dirs.user_config_dir),
        Path(dirs.user_data_dir),
        Path(dirs.user_state_dir),
        Path(dirs.user_cache_dir),
    )


def private_folder(path: Path) -> Path:
    """Make the folder and those above it that are missing, all 0700.

    Raises:
        LogitscopeError: it cannot be made.
    """
    missing = [path, *path.parents]
    try:
        missing = missing[: next((n for n, p in enumerate(missing) if p.exists()), len(missing))]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not path.is_dir():
            raise NotADirectoryError("a file stands in its place")
    except OSError as error:
        raise LogitscopeError(
            f"The folder {path} cannot be made.",
            f"{error.strerror or error}.",
            f"Set {HOME_VARIABLE} to a folder that can be written.",
        ) from error
    return path
