"""String, array and typeof questions for the JavaScript console.

Keeps true: every expression with a free operand carries a `key`, the hold-out's handle, that does
not depend on spacing or on the kind of quotes.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tui.demo.js_numbers import Style, Template, answer, operand
from tui.demo.js_values import UNDEFINED, Value, plain_text, show, slice_bounds, type_name
from tui.demo.turns import Turn
from tui.demo.words import absent_name, word


def text_method(rng: Random, style: Style) -> Turn:
    """The methods that take nothing or a number."""
    text = word(rng)
    pick = rng.randrange(16)
    n = rng.randint(0, max(1, len(text) - 1))
    value: Value
    if pick < 4:
        call, value = "toUpperCase()", text.upper()
    elif pick == 4:
        text = text.capitalize() if rng.random() < 0.5 else text.upper()
        call, value = "toLowerCase()", text.lower()
    elif pick < 8:
        call, value = "length", len(text)
    elif pick == 8:
        call, value = f"charAt({n})", text[n : n + 1]
    elif pick == 9:
        call, value = "split('')", list(text[:6])
        text = text[:6]
    elif pick == 10:
        text = text[:4]
        n = rng.randint(1, 3)
        call, value = f"repeat({n})", text * n
    elif pick == 11:
        call, value = f"at(-{1})", text[-1]
    else:
        stop = None if rng.random() < 0.4 else rng.randint(n, len(text))
        start = -rng.randint(1, 3) if stop is None and rng.random() < 0.3 else n
        low, high = slice_bounds(len(text), start, stop)
        value = text[low:high]
        call = f"slice({start})" if stop is None else f"slice({start}{style.comma}{stop})"
        if start >= 0 and rng.random() < 0.15:
            call = call.replace("slice", "substring")
    call = call.replace("'", style.quote)
    return answer(f"{style.text(text)}.{call}", value, "string", key=f"{text} {call.split('(')[0]}")


def text_search(rng: Random, style: Style) -> Turn:
    """The methods that look for a part; half of the parts are not there."""
    text = word(rng)
    start = rng.randrange(len(text))
    part = text[start : start + rng.choice((1, 1, 1, 2, 2, 3))]
    if rng.random() < 0.45:
        part = word(rng, rng.choice((1, 1, 2))).lower()
    pick = rng.randrange(8)
    value: Value
    if pick < 4:
        name, value = "includes", part in text
    elif pick < 6:
        name, value = "indexOf", text.find(part)
    elif pick == 6:
        part = text[: rng.randint(1, 2)] if rng.random() < 0.5 else part
        name, value = "startsWith", text.startswith(part)
    else:
        part = text[-rng.randint(1, 2) :] if rng.random() < 0.5 else part
        name, value = "endsWith", text.endswith(part)
    said = f"{style.text(text)}.{name}({style.text(part)})"
    return answer(said, value, "string", key=f"{text} {part}")


def text_join(rng: Random, style: Style) -> Turn:
    """Concatenation and comparison of strings."""
    a, b = word(rng, 5), word(rng, 5)
    pick = rng.randrange(9)
    key = f"{a} + {b}"
    plus = style.op("+")
    if pick < 5:
        return answer(f"{style.text(a)}{plus}{style.text(b)}", a + b, "string", key=key)
    n = rng.randint(0, 20)
    if pick == 5:
        return answer(f"{style.text(a)}{plus}{n}", f"{a}{n}", "string", key=f"{a} + {n}")
    if pick == 6:
        return answer(f"{n}{plus}{style.text(a)}", f"{n}{a}", "string", key=f"{n} + {a}")
    if pick == 7:
        return answer(f"{style.text(a)}.concat({style.text(b)})", a + b, "string", key=key)
    b = a if rng.random() < 0.5 else b
    op = rng.choice(("===", "!==", "=="))
    same = (a == b) == (op != "!==")
    return answer(f"{style.text(a)}{style.op(op)}{style.text(b)}", same, "string", key=key)


def text_turn(rng: Random, style: Style) -> Turn:
    """Reversing and replacing."""
    text = word(rng, 6)
    q = style.quote
    key = f"{text} turned"
    if rng.random() < 0.6:
        said = f"{style.text(text)}.split({q}{q}).reverse().join({q}{q})"
        return answer(said, text[::-1], "string", key=key)
    old, new = rng.choice(text), rng.choice("aeioxyz")
    said = f"{style.text(text)}.replace({style.text(old)}{style.comma}{style.text(new)})"
    return answer(said, text.replace(old, new, 1), "string", key=key)


def array(rng: Random, low: int = 1, high: int = 4) -> list[Value]:
    """An array of small numbers, sometimes of letters."""
    size = rng.randint(low, high)
    if rng.random() < 0.15:
        return [rng.choice("abcdefxyz") for _ in range(size)]
    top = 9 if rng.random() < 0.75 else 30
    return [rng.randint(0 if top > 9 else 1, top) for _ in range(size)]


def written(items: list[Value], style: Style) -> str:
    """An array as somebody types it."""
    inner = style.comma.join(style.text(i) if isinstance(i, str) else show(i) for i in items)
    return f"[{inner}]"


def array_method(rng: Random, style: Style) -> Turn:
    # Node breaks arrays of more than six items over several lines, so none gets that long.
    pick = rng.randrange(24)
    items = array(rng, 1, 3 if pick in (11, 12) else 4)
    n = rng.randrange(len(items) + 1)
    value: Value
    other = array(rng, 1, 2)
    mark = rng.choice((",", "-", "", "+"))
    if pick < 5:
        call, value = ".length", len(items)
    elif pick < 8:
        call, value = ".reverse()", items[::-1]
    elif pick < 10:
        call, value = f".join({style.text(mark)})", mark.join(map(plain_text, items))
    elif pick == 10:
        call, value = ".join()", ",".join(map(plain_text, items))
    elif pick < 13:
        call, value = f".concat({written(other, style)})", items + other
    elif pick == 13:
        call, value = f".push({written(other[:1], style)[1:-1]})", len(items) + 1
    elif pick == 14:
        call, value = rng.choice(((".pop()", items[-1]), (".shift()", items[0])))
    elif pick < 17:
        stop = rng.randint(n, len(items)) if rng.random() < 0.5 else None
        low, high = slice_bounds(len(items), n, stop)
        call = f".slice({n})" if stop is None else f".slice({n}{style.comma}{stop})"
        value = items[low:high]
    elif pick < 19:
        call, value = f"[{n}]", items[n] if n < len(items) else UNDEFINED
    elif pick == 19:
        call, value = ".at(-1)", items[-1]
    elif pick == 20:
        numbers = [rng.randint(1, 9) for _ in range(rng.randint(2, 4))]
        items = list(numbers)
        call, value = ".sort()", sorted(numbers)
    else:
        call, value = "", items if rng.random() < 0.9 else []
        items = list(value)
    said = f"{written(items, style)}{call}"
    return answer(said, value, "array", key=f"{show(items)} {call.split('(')[0]}")


def array_search(rng: Random, style: Style) -> Turn:
    items = array(rng, 2, 4)
    wanted = rng.choice(items) if rng.random() < 0.65 else array(rng, 1, 1)[0]
    shown = style.text(wanted) if isinstance(wanted, str) else show(wanted)
    key = f"{show(items)} {shown[1:-1] if isinstance(wanted, str) else shown}"
    if rng.random() < 0.5:
        return answer(
            f"{written(items, style)}.includes({shown})", wanted in items, "array", key=key
        )
    place = items.index(wanted) if wanted in items else -1
    return answer(f"{written(items, style)}.indexOf({shown})", place, "array", key=key)


def array_each(rng: Random, style: Style) -> Turn:
    """map, filter, some, every with a short arrow function, and reduce as a sum."""
    numbers = [rng.randint(1, 9) for _ in range(rng.randint(2, 4))]
    name = rng.choice(("x", "x", "n", "i"))
    arrow = style.op("=>")
    head = written(list(numbers), style)
    pick = rng.randrange(10)
    n = rng.randint(1, 9)
    key = f"{show(numbers)} {pick}"
    if pick < 6:
        op = rng.choice("*+-") if pick else "*"
        n = rng.randint(2, 4) if op == "*" else rng.randint(1, 3)
        each = [i * n if op == "*" else i + n if op == "+" else i - n for i in numbers]
        body, shown = f"{name}{style.op(op)}{n}", show(each)
        if op == "*" and n == 2 and rng.random() < 0.3:
            body, each = f"{name}{style.op('*')}{name}", [i * i for i in numbers]
            shown = show(each)
        said = f"{head}.map({name}{arrow}{body})"
        pairs = tuple((i, i if body.endswith(name) else n) for i in numbers)
        return Turn(said, answer("", each, "").reply if shown else (), "array", pairs, key)
    op = rng.choice("<>")
    kept = [i for i in numbers if (i > n if op == ">" else i < n)]
    pairs = tuple((i, n) for i in numbers)
    if pick < 9:
        said = f"{head}.filter({name}{arrow}{name}{style.op(op)}{n})"
        return answer(said, list(kept), "array", *pairs, key=key)
    said = f"{head}.some({name}{arrow}{name}{style.op(op)}{n})"
    return answer(said, bool(kept), "array", *pairs, key=key)


def type_of(rng: Random, style: Style) -> Turn:
    pick = rng.randrange(14)
    if pick < 3:
        n = operand(rng)
        return answer(f"typeof {n}", "number", "typeof", key=f"typeof {n}")
    if pick < 6:
        text = word(rng)
        return answer(f"typeof {style.text(text)}", "string", "typeof", key=f"typeof {text}")
    if pick == 6:
        items = array(rng, 1, 3)
        return answer(f"typeof {written(items, style)}", "object", "typeof", key=show(items))
    if pick == 7:
        name = absent_name(rng)
        return answer(f"typeof {name}", type_name(UNDEFINED), "typeof", key=f"typeof {name}")
    said, value = rng.choice(
        (
            ("true", "boolean"),
            ("false", "boolean"),
            ("undefined", "undefined"),
            ("null", "object"),
            ("NaN", "number"),
            ("Infinity", "number"),
            ("{}", "object"),
            ("[]", "object"),
            ("''", "string"),
            ("(() => 1)", "function"),
            ("(x => x)", "function"),
            ("function(){}", "function"),
            ("function () {}", "function"),
            ("Math.max", "function"),
            ("Math.min", "function"),
            ("Math", "object"),
            ("console.log", "function"),
            ("parseInt", "function"),
            ("Math.PI", "number"),
            ("(1 + 2)", "number"),
            ("typeof 1", "string"),
        )
    )
    return answer(f"typeof {said}", value, "typeof")


def literal(rng: Random, style: Style) -> Turn:
    """A value typed as it is."""
    pick = rng.randrange(6)
    if pick == 0:
        n = rng.randint(0, 999)
        return answer(str(n), n, "literal", key=str(n))
    if pick == 1:
        text = word(rng)
        return answer(style.text(text), text, "literal", key=text)
    if pick == 2:
        name, n = rng.choice("abcxyzn"), rng.randint(0, 20)
        said = f"({{{name}:{' ' if style.spaced else ''}{n}}})"
        if rng.random() < 0.6:
            return answer(f"{said}.{name}", n, "literal", key=f"{name}:{n}")
        shown = "{ " + f"{name}: {n}" + " }"
        turn = answer(said, n, "literal", key=f"{name}:{n}")
        return Turn(said, (turn.reply[0]._replace(text=shown),), "literal", (), turn.key)
    said, value = rng.choice(
        (
            ("true", True),
            ("false", False),
            ("null", None),
            ("undefined", UNDEFINED),
            ("''", ""),
            ("[]", list[Value]()),
            ("NaN", float("nan")),
            ("Infinity", float("inf")),
            ("Array.isArray([1, 2])", True),
            ("Array.isArray('abc')", False),
        )
    )
    return answer(said, value, "literal")


TEXTS: Final[tuple[tuple[Template, float], ...]] = (
    (text_method, 11.0),
    (text_search, 10.0),
    (text_join, 6.0),
    (text_turn, 1.0),
    (array_method, 8.0),
    (array_search, 4.0),
    (array_each, 5.0),
    (type_of, 3.0),
    (literal, 1.0),
)
