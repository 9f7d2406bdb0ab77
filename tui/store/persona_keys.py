"""Every key of a persona file, declared once."""

import re
from typing import Any, Final

from tui.core.lorebook import SCAN_DEPTH, TOKEN_BUDGET
from tui.core.persona import ROLES, TEMPLATES
from tui.core.samplers import PARAMS
from tui.store.key import Key

SCHEMA_LINE: Final = "# schema: docs/reference/personas.md"
"""First line of a file that is written here: where its keys are explained."""

_TEXT: Final = "a text"
_TEXTS: Final = "a list of texts"
_TRUTH: Final = "true or false"
_WHOLE: Final = "a whole number"
_PLAIN_NAME: Final = re.compile(r"[^/\\\0]{1,255}")


def _role(value: str) -> str:
    return "" if value in ROLES else f"{value!r} is no role: one of {', '.join(ROLES)}"


def _position(value: str) -> str:
    return "" if value in ("before", "after") else f"{value!r} is neither before nor after"


def _not_negative(value: int) -> str:
    return "" if 0 <= value < 1 << 31 else f"{value} is out of range"


def _template(value: str) -> str:
    if value in TEMPLATES or "{" in value or not value:
        return ""
    return f"{value!r} is no template: {', '.join(TEMPLATES)}, or Jinja text"


def _beside(value: str) -> str:
    plain = _PLAIN_NAME.fullmatch(value) and not value.startswith(".")
    return "" if plain else "it must be the name of a file beside this one"


def _filled(values: tuple[str, ...]) -> str:
    return "" if all(values) else "an empty text among them"


USER_KEYS: Final = (
    Key("name", str, _TEXT, "what `{{user}}` is (`User`)"),
    Key("description", str, _TEXT, "who the user is, for the prompt"),
)
MODEL_KEYS: Final = (
    Key("name", str, _TEXT, "words that a model's name or file should have"),
    Key("repo", str, _TEXT, "where it can be had: `USER/REPO` or `USER/REPO:QUANT`"),
    Key("n_ctx", int, _WHOLE, "tokens of context that it needs (any)", check=_not_negative),
)
MESSAGE_KEYS: Final = (
    Key("role", str, _TEXT, "`system`, `user` or `assistant`", required=True, check=_role),
    Key("content", str, _TEXT, "what is said", required=True),
)
ENTRY_KEYS: Final = (
    Key("keys", tuple[str, ...], _TEXTS, "words that call the entry, as plain text"),
    Key("content", str, _TEXT, "what joins the prompt", required=True),
    Key("name", str, _TEXT, "for people"),
    Key("secondary_keys", tuple[str, ...], _TEXTS, "where given, one of these must be said too"),
    Key("constant", bool, _TRUTH, "always in the prompt (false)"),
    Key("enabled", bool, _TRUTH, "whether it is used (true)"),
    Key("case_sensitive", bool, _TRUTH, "whether capitals count (false)"),
    Key("order", int, _WHOLE, "a lower one stands higher in the prompt (100)"),
    Key("priority", int, _WHOLE, "a lower one is left out first (100)"),
    Key("position", str, _TEXT, "`before` or `after` the description (before)", check=_position),
)
LOREBOOK_KEYS: Final = (
    Key("name", str, _TEXT, "for people"),
    Key("scan_depth", int, _WHOLE, f"newest messages that are looked at ({SCAN_DEPTH})",
        check=_not_negative),
    Key("token_budget", int, _WHOLE, f"most tokens of all entries ({TOKEN_BUDGET}); 0 = no bound",
        check=_not_negative),
    Key("recursive", bool, _TRUTH, "whether an entry can call others (false)"),
    Key("entries", list, "a list of tables", "the entries", inner=ENTRY_KEYS),
)  # fmt: skip
ORIGIN_KEYS: Final = (
    Key("format", str, _TEXT, "what it was", required=True),
    Key("file", str, _TEXT, "the untouched original, beside this file", required=True,
        check=_beside),
    Key("sha256", str, _TEXT, "of that file; another file in its place is not used"),
)  # fmt: skip

KEYS: Final = (
    Key("name", str, _TEXT, "what the list shows", required=True),
    Key("system", str, _TEXT, "the system prompt", required=True),
    Key("nickname", str, _TEXT, "what `{{char}}` is, where it is not the name"),
    Key("description", str, _TEXT, "who the persona is; joins the system prompt"),
    Key("personality", str, _TEXT, "its traits; joins the system prompt"),
    Key("scenario", str, _TEXT, "where and when; joins the system prompt"),
    Key("greetings", tuple[str, ...], _TEXTS,
        "first messages of the model; the first is shown, the others are its siblings"),
    Key("example_dialogue", str, _TEXT,
        "how it talks: blocks after `<START>`, lines `{{user}}: …` and `{{char}}: …`"),
    Key("messages", list, "a list of tables",
        "what every conversation begins with, before the greeting", inner=MESSAGE_KEYS),
    Key("post_history_instructions", str, _TEXT, "stands after your newest message"),
    Key("tags", tuple[str, ...], _TEXTS, "to find it by; `demo`: the shipped model speaks it"),
    Key("creator", str, _TEXT, "who made it"),
    Key("version", str, _TEXT, "of the persona"),
    Key("creator_notes", str, _TEXT, "for people; never in the prompt"),
    Key("samplers", tuple[str, ...], "a list of names", "the order of the chain"),
    Key("stop", tuple[str, ...], _TEXTS, "texts that end a reply", check=_filled),
    Key("chat_template", str, _TEXT,
        "`model`, `plain`, `chatml` or Jinja text (the model's own)", check=_template),
    Key("user", dict, "a table", "who it talks to", inner=USER_KEYS),
    Key("model", dict, "a table", "the model it is meant for: hints", inner=MODEL_KEYS),
    Key("sampling", dict[str, Any], "a table", "settings, with llama-server's names"),
    Key("lorebook", dict, "a table", "texts that join when they are spoken of",
        inner=LOREBOOK_KEYS),
    Key("extensions", dict[str, Any], "a table", "anything; kept and not read"),
    Key("origin", dict, "a table", "what it was brought in from; written by `personas import`",
        inner=ORIGIN_KEYS),
)  # fmt: skip
"""Every key of a persona file; `[sampling]` takes the keys of `core.settings`."""

DESCRIBING: Final = ("description", "personality", "scenario", "example_dialogue")
"""Where one of these is there, `system` may be missing."""

SAMPLING_KEYS: Final = (
    *PARAMS, "ignore_eos", "logit_bias", "logit_bias_variants", "off", "grammar", "json_schema", "custom",
)  # fmt: skip
"""What may stand in `[sampling]`."""
