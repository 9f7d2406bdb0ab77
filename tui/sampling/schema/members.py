"""What stands between the braces of an object, as GBNF.

Keeps true: what llama.cpp's grammar lets through (`_build_object_rule`, `_not_strings`). The order is
that given, required before optional, others last. What begins a given name is no other name, and the
character at which another name departs may be any but a quotation mark.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tui.sampling.schema.rules import Rules

OTHERS: Final = "*"
"""Any other property. llama.cpp calls it so too: a property of this name may be repeated."""


def members(
    required: Sequence[str], optional: Sequence[str], pairs: Mapping[str, str], rules: Rules
) -> str:
    """GBNF for an object.

    Args:
        required: names of properties that must be there.
        optional: names of those that need not.
        pairs: the rule of each of these with its value.
        rules: where further rules are written.
    """
    rules.primitive("space")
    if not pairs:
        return '"{" space "}"'
    body = ' "," space '.join(pairs[name] for name in required)
    if optional:
        more = _some(optional, pairs, rules)
        body += f' ("," space ({more}))?' if required else f"({more})?"
    return f'"{{" space {body} space "}}"'


def _some(names: Sequence[str], pairs: Mapping[str, str], rules: Rules) -> str:
    """Any of these properties in this order, one at least."""
    choices, rest = [], ""
    for name in reversed(names):
        another = f'("," space {pairs[name]})'
        times = "*" if name == OTHERS else ""
        choices.append(pairs[name] + (f" {another}*" if times else "") + rest)
        rest = " " + rules.add(f"{name}-rest", another + (times or "?") + rest)
    return " | ".join(reversed(choices))


def other_keys(names: list[str], char: str) -> str:
    """GBNF for a JSON text that is none of `names`; `char` is the rule of its characters.

    >>> print(other_keys(["a"], "char"))
    "\\"" ([a] char+ | [^"a] char*)? "\\""
    """
    tree: dict[str, Any] = {}
    for name in names:
        branch = tree
        for letter in name:
            branch = branch.setdefault(letter, {})
    empty = "" if "" in names else "?"
    return rf'"\"" ({_departing(tree, char)}){empty} "\""'


def _departing(branch: dict[str, Any], char: str) -> str:
    parts = []
    for letter in sorted(branch):
        behind = f"({_departing(branch[letter], char)})" if branch[letter] else f"{char}+"
        parts.append(f"[{_in_class(letter)}] {behind}")
    if branch:
        given = "".join(_in_class(letter) for letter in sorted(branch))
        parts.append(f'[^"{given}] {char}*')
    return " | ".join(parts)


def _in_class(letter: str) -> str:
    escapes = {"]": r"\]", "\\": r"\\", "^": r"\x5E", "\0": r"\x00"}
    return escapes.get(letter, letter)
