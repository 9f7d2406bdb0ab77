"""Every picture of the workbench in the docs, as `picture` draws it: `python -m tests.support.pictures`.

Drawn again whenever the screen or the model that ships changes. Not among them: the page of an export in
a browser, the export's heat map and the persona library, which come from elsewhere.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

IMAGES: Final = Path(__file__).resolve().parents[2] / "docs/images"
_WIDE, _NARROW = "--size=120x36", "--size=80x24"
_RAIN: Final = ("something for a rainy evening", "and to dance to?")
_DIE: Final = ("--persona=croupier", "roll the loaded die")
_HOT: Final = "ctrl+t,home,down,down,down,down,down,down,down,down,down,down,down,3,enter"
"""To the temperature of the samplers, and a value for it."""
PICTURES: Final = {
    "workbench": (_WIDE,),
    "heat-map": (_WIDE, "--temp=1.6", "--keys=g,S", *_RAIN),
    "heat-map-no-colour": (_NARROW, "--temp=1.6", "--keys=g,S", *_RAIN),
    "inspector-wide": (_WIDE, "--keys=enter,right", *_RAIN),
    "inspector-narrow": (_NARROW, "--keys=enter,right", *_RAIN),
    "inspector-what-if": (_WIDE, f"--keys={_HOT}", *_DIE),
    "inspector-no-colour": (_NARROW, f"--keys={_HOT}", *_DIE),
    "inspector-effects": (_WIDE, "--keys=u", *_RAIN),
}
"""Name of the file without its end, and the arguments."""


def main() -> None:
    """Draw all, or those that are named."""
    for name in sys.argv[1:] or PICTURES:
        asked = [word for word in PICTURES[name] if not word.startswith("--")]
        flags = [word for word in PICTURES[name] if word.startswith("--")]
        plain = {"NO_COLOR": "1"} if name.endswith("no-colour") else {}
        words = [sys.executable, "-m", "tests.support.picture", str(IMAGES / f"{name}.svg")]
        subprocess.run([*words, *asked, *flags], check=True, env={**os.environ, **plain})
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
