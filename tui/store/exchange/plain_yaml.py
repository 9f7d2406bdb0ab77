"""The top of a YAML mapping: texts by key, and where each stands.

Keeps true: nothing is ever constructed from YAML, only its nodes are looked at; size and depth are
bounded first, and references (`&`, `*`) are refused, since a few of them can spell a world. A changed
value is put into the text as it is, and the rest keeps its very bytes.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from tui.store.exchange.carried import DEPTH, refuse, utf8, whole

LIMIT_BYTES: Final = 256 << 10
_NULL: Final = "tag:yaml.org,2002:null"
_OPEN = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSE = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class Mapped:
    """A YAML text whose top is a mapping.

    Raises:
        PersonaError: it is not that, or too big or deep.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > LIMIT_BYTES:
            raise refuse("It is too big.", f"YAML of {LIMIT_BYTES >> 10} KiB is the most.")
        self.text = utf8(data)
        try:
            self._check()
            top = yaml.compose(self.text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise refuse("It is not YAML.", " ".join(str(error).split())[:200]) from error
        if top is not None and not isinstance(top, yaml.MappingNode):
            raise refuse("It is no YAML mapping.")
        # Comments alone are an empty one.
        pairs = top.value if top is not None else ()
        self._flow = top is not None and bool(top.flow_style)
        self.nodes: dict[str, yaml.Node] = {
            key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)
        }
        self._begun = {
            key.value: key.start_mark.index for key, _ in pairs if isinstance(key, yaml.ScalarNode)
        }

    def _check(self) -> None:
        depth = 0
        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            depth += isinstance(event, _OPEN)
            depth -= isinstance(event, _CLOSE)
            if depth > DEPTH:
                raise refuse("It is nested too deeply.", f"{DEPTH} levels are the most.")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise refuse("It has references (& and *), which are not read.")

    def text_of(self, key: str) -> str | None:
        """A text or a number as it is written; empty for null; None where there is none."""
        node = self.nodes.get(key)
        if not isinstance(node, yaml.ScalarNode):
            return None
        return "" if node.tag == _NULL else whole(str(node.value))

    def changed(self, values: Mapping[str, Any], without: Collection[str] = ()) -> bytes:
        """The text with these values, and without the lines of some keys.

        Raises:
            PersonaError: it cannot be changed so that only these values differ.
        """
        text = self.text
        if without and self._flow:
            raise refuse("The YAML cannot be changed in place.", "It is written in braces.")
        places = sorted(
            (
                (self.nodes[key].start_mark.index, key)
                for key in (*values, *without)
                if key in self.nodes
            ),
            reverse=True,
        )
        for start, key in places:
            end = self.nodes[key].end_mark.index
            # A block ends after its line break, which is not the value's.
            while end > start and text[end - 1] in "\r\n ":
                end -= 1
            if key in without:
                line = text.find("\n", end)
                text = text[: self._begun[key]] + (text[line + 1 :] if line >= 0 else "")
            else:
                blank = " " if start and text[start - 1] == ":" else ""
                text = text[:start] + blank + scalar(values[key]) + text[end:]
        new = [key for key in values if key not in self.nodes]
        if new and self._flow:
            raise refuse("The YAML cannot be changed in place.", "It is written in braces.")
        lines = "".join(f"{scalar(key)}: {scalar(values[key])}\n" for key in new)
        first = min(self._begun.values(), default=0)
        below = text + ("" if text.endswith("\n") or not new else "\n") + lines
        # Under a block that ends with the text, a line break would become the block's.
        above = text[:first] + lines + text[first:]
        wanted = {key: self.text_of(key) for key in self.nodes}
        wanted |= {key: str(value) for key, value in values.items()}
        wanted |= dict.fromkeys(without)
        differs = ""
        for made in (below, above) if new else (below,):
            data = made.encode()
            again = Mapped(data)
            differs = next((key for key in wanted if again.text_of(key) != wanted[key]), "")
            if not differs:
                return data
        raise refuse("The YAML cannot be changed in place.", f"{differs!r} would differ.")


def scalar(value: Any) -> str:
    """A text in double quotes, on one line; a number as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    dumped = yaml.safe_dump(str(value), default_style='"', width=1 << 30, allow_unicode=True)
    return str(dumped).rstrip("\n")


def document(values: Mapping[str, Any]) -> bytes:
    """A new mapping, texts of several lines in blocks where they read back the same."""
    lines = []
    for key, value in values.items():
        block = _block(value) if isinstance(value, str) and "\n" in value else ""
        lines.append(f"{scalar_key(key)}: {block or scalar(value)}")
    return ("\n".join(lines) + "\n").encode()


def scalar_key(key: str) -> str:
    """A plain word, or a text in quotes."""
    return key if key.isidentifier() else scalar(key)


def _block(text: str) -> str:
    """`text` as a block, or nothing where YAML would read it back otherwise."""
    block = "|-\n" + "\n".join(f"  {line}".rstrip(" ") for line in text.split("\n"))
    try:
        back = yaml.compose(f"k: {block}\n", Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return ""
    return block if back is not None and back.value[0][1].value == text else ""
