"""What flags, configuration and files add up to."""

import io
from pathlib import Path
from typing import Any

import pytest

from tui.cli.keymap import check_keymap, known_bindings
from tui.cli.main import build_parser
from tui.cli.parser import joined
from tui.cli.startup import Startup, gather, launch, layers, unescape
from tui.core.errors import PersonaError, UsageError
from tui.core.launch import stack
from tui.core.settings import Settings
from tui.store.paths import find_paths


def start(*words: str, command: str = "run") -> Startup:
    line = ["run", *words] if command == "run" else list(words)
    parser = build_parser(["run"])
    return gather(parser.parse_args(joined(line, parser)), command, find_paths())


def settings(
    found: Startup, model: dict[str, Any] | None = None
) -> tuple[Settings, dict[str, str]]:
    made, sources, problems = stack(layers(found, model or {}))
    assert problems == []
    return made, sources


def write(home: Path, name: str, text: str) -> None:
    path = home / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_each_place_lies_over_the_one_below(home: Path) -> None:
    write(home, "config.toml", "[sampling]\ntop_k = 2\ntop_p = 0.2\nmin_p = 0.2\ntfs_z = 0.2\n")
    write(home, "personas/p.toml", 'name = "P"\nsystem = "s"\nsamplers = ["top_k"]\n'
          "[sampling]\ntop_p = 0.3\nmin_p = 0.3\ntfs_z = 0.3\n")  # fmt: skip
    write(home, "presets/q.toml", "min_p = 0.4\ntfs_z = 0.4\n")
    found = start("--persona", "p", "--preset", "q", "--tfs", "0.5", "-p", "x")
    made, sources = settings(found, {"temperature": 0.1, "top_k": 1})
    values = (made.temperature, made.top_k, made.top_p, made.min_p, made.tfs_z, made.samplers)
    assert values == (0.1, 2, 0.3, 0.4, 0.5, ("top_k",))
    assert sources == {
        "temperature": "model", "top_k": "config.toml", "top_p": "persona p",
        "samplers": "persona p", "min_p": "preset q", "tfs_z": "flags",
    }  # fmt: skip


def test_a_built_in_preset_is_whole_but_for_what_is_wanted() -> None:
    found = start("--persona", "croupier", "--preset", "default", "--ignore-eos", "-s", "7")
    made, _ = settings(found)
    assert made == Settings(seed=7, ignore_eos=True)


@pytest.mark.parametrize(
    ("words", "command", "persona"),
    [
        ((), "run", "js-console"),
        ((), "workbench", "js-console"),
        (("-m", "x.gguf"), "run", None),
        (("-m", "x.gguf"), "workbench", None),
        (("-m", "x.gguf", "--persona", "music-bot"), "run", "music-bot"),
        (("-no-cnv",), "run", None),
        (("-no-cnv", "--persona", "croupier"), "run", "croupier"),
    ],
)
def test_who_is_spoken_to(words: tuple[str, ...], command: str, persona: str | None) -> None:
    found = start(*words) if command == "run" else start(*words, command="workbench")
    assert (found.persona.id if found.persona else None) == persona


def test_the_configuration_names_another_persona(home: Path) -> None:
    write(home, "config.toml", 'persona = "croupier"\n')
    assert (found := start()).persona is not None and found.persona.id == "croupier"
    assert start("-m", "x.gguf").persona is None


def test_a_persona_is_found_by_its_nearest_name() -> None:
    with pytest.raises(PersonaError, match="Did you mean js-console"):
        start("--persona", "js-consol")


def test_an_empty_name_is_nobodys() -> None:
    with pytest.raises(PersonaError, match="There is no persona ''"):
        start("--persona", "", "-p", "x")


def test_prompt_file_and_system_file_lose_one_newline(tmp_path: Path) -> None:
    path = tmp_path / "prompt"
    path.write_text("two\\nlines\n\n", encoding="utf-8")
    found = start("-f", str(path), "-sysf", str(path))
    assert found.prompt == "two\nlines\n"
    assert found.system == "two\\nlines\n"


def test_stdin_is_read_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (("-p", "-"), ("-f", "-"), ("-",)):
        stream = io.TextIOWrapper(io.BytesIO("2 \\n+ 3 é\n".encode()))
        monkeypatch.setattr("sys.stdin", stream)
        assert start(*words).prompt == "2 \\n+ 3 é"
    assert start().prompt is None


def test_escapes_are_on_until_they_are_off() -> None:
    assert start("-p", r"a\tb\x41\q\\", "-r", r"\n").prompt == "a\tbA\\q\\"
    assert start("-r", r"\n", "-p", "x").stop == ("\n",)
    off = start("-p", r"a\tb", "-r", r"\n", "--no-escape")
    assert (off.prompt, off.stop) == (r"a\tb", (r"\n",))


def test_escapes_that_make_no_text_are_refused() -> None:
    assert unescape(r"\xc3\xa9") == "é"
    with pytest.raises(UsageError, match="UTF-8"):
        unescape(r"\xff")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-p", "a", "-f", "b"), "two prompts"),
        (("-p", "a", "-"), "two prompts"),
        (("-f", "/nowhere/at/all"), "No such file"),
        (("-no-cnv", "-sys", "x"), "-sys and -no-cnv"),
        (("--grammar", "g", "-j", "{}"), "cannot be used together"),
        (("--grammar", "g", "--grammar-file", "f"), "--grammar and --grammar-file"),
        (("-sys", "x", "-sysf", "f"), "-sys and -sysf"),
        (("-j", "{"), "JSON schema cannot be read"),
        (("--chat-template", "chatml"), "built-in templates"),
        (("--preset", "neutrl"), "Did you mean neutral?"),
        (("--preset", "../../x"), "There is no preset"),
    ],
)
def test_what_cannot_be_used_is_told(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        start(*words)
    assert told in str(caught.value)


def test_a_schema_puts_out_a_grammar_from_below(home: Path) -> None:
    write(home, "config.toml", "[sampling]\ngrammar = 'root ::= \"a\"'\n")
    made, _ = settings(start("-j", "{}"))
    assert (made.grammar, made.json_schema) == ("", "{}")


def test_the_workbench_opens_as_the_line_of_2023_asks() -> None:
    words = ["-m", "m.gguf", "--color", "-c", "2048", "--temp", "0.8", "--repeat_penalty", "1.1",
             "-n", "-1", "-i", "-p", "xx"]  # fmt: skip
    parser = build_parser([])
    args = parser.parse_args(joined(words, parser))
    opened = launch(gather(args, "workbench", find_paths()), args)
    assert (opened.options.path, opened.options.n_ctx) == ("m.gguf", 2048)
    assert (opened.prompt, opened.predict, opened.persona) == ("xx", -1, "")
    made, sources, _ = stack((*opened.below, *opened.above))
    assert (made.temperature, made.repeat_penalty) == (0.8, 1.1)
    assert set(sources.values()) == {"flags"}


def test_flags_of_the_screen_lie_over_the_configuration(home: Path) -> None:
    write(
        home, "config.toml", 'theme = "light"\nmouse = false\nslow = true\n[keys]\n"a.b" = "f5"\n'
    )
    parser = build_parser([])
    args = parser.parse_args(["--ascii"])
    opened = launch(gather(args, "workbench", find_paths()), args)
    assert (opened.ascii_only, opened.slow, opened.mouse) == (True, True, False)
    assert (opened.theme, opened.keymap) == ("light", {"a.b": "f5"})


def test_keys_of_a_binding_that_is_not_there_are_told(home: Path) -> None:
    known = known_bindings()
    assert {"prompt.send", "sampler.more"} <= known
    assert check_keymap({"prompt.send": "f5"}, known, home) is None
    wrong = check_keymap({"prompt.sent": "f5"}, known, home)
    assert wrong is not None and "did you mean prompt.send?" in wrong.why
