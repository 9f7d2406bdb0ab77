"""Names of properties that are none of those given, as GBNF.

Keeps true: the same names as llama.cpp's grammar lets through (`_not_strings`): what begins a given
name is no name itself, and the character at which a name departs may be any but a quotation mark.
"""

from typing import Any


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
