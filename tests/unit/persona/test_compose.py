"""The turns that a persona and a conversation make."""

import pytest

from tui.core.compose import DEFAULT_SYSTEM, compose, stops
from tui.core.lorebook import Lore, Lorebook
from tui.core.macro import Scene
from tui.core.messages import Turn
from tui.core.model import ModelInfo
from tui.core.persona import ModelHint, Opening, Person, Persona, misfits

HELLO = (Turn(role="user", text="hello {{char}}"),)


def persona(**rest: object) -> Persona:
    return Persona(id="ada", name="Ada Lovelace", **rest)


def texts(who: Persona, said: tuple[Turn, ...] = HELLO, **rest: object) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in compose(who, said, Scene(), **rest).turns]


def test_a_system_prompt_alone_is_the_prompt_to_the_letter() -> None:
    system = "  You are {a} console.\n\n"
    assert texts(persona(system=system)) == [("system", system), ("user", "hello {{char}}")]


def test_nobody_says_nothing() -> None:
    assert texts(Persona(id="", name="")) == [("user", "hello {{char}}")]


def test_every_text_has_its_place() -> None:
    who = persona(
        nickname="Ada", system="Be {{char}}.", description="{{char}} counts.", personality="exact",
        scenario="London", user=Person(name="Bob", description="{{user}} asks."),
        example_dialogue="<START>\n{{user}}: 1?\n{{char}}: 2.\n<start>\n{{char}}: 3.",
        messages=(Opening(role="user", content="Hi {{char}}"),),
        post_history_instructions="Stay {{char}}.{{original}}",
        lorebook=Lorebook(entries=(
            Lore(keys=("hello",), content="Before.", name="b"),
            Lore(keys=("hello",), content="@@depth 4\n@@role user\nAfter.", position="after"),
        )),
    )  # fmt: skip
    said = (Turn(role="assistant", text="Yes?"), *HELLO, Turn(role="assistant", text="Wel"))
    assert texts(who, said) == [
        ("system", "Be Ada.\n\nBefore.\n\nAda counts.\n\nPersonality: exact\n\nScenario: London\n\n"
                   "After.\n\nAbout Bob: Bob asks.\n\nThis is how Ada talks:\n\nBob: 1?\nAda: 2.\n\n"
                   "Ada: 3."),
        ("user", "Hi Ada"),
        ("assistant", "Yes?"),
        ("user", "hello {{char}}"),
        ("system", "Stay Ada."),
        ("assistant", "Wel"),
    ]  # fmt: skip


def test_a_description_without_a_system_prompt_stands_under_a_general_one() -> None:
    general = DEFAULT_SYSTEM.replace("{{char}}", "Ada Lovelace").replace("{{user}}", "User")
    assert texts(persona(description="Counts."))[0][1] == f"{general}\n\nCounts."
    assert texts(persona(system="{{original}} Rhyme."))[0][1] == f"{general} Rhyme."


def test_a_system_text_of_the_command_line_is_taken_as_it_is_and_the_rest_stays() -> None:
    who = persona(system="x", description="y", post_history_instructions="z")
    assert texts(who, system="Be {{char}}.") == [
        ("system", "Be {{char}}."), ("user", "hello {{char}}"), ("system", "z"),
    ]  # fmt: skip


def test_dice_of_the_character_fall_once_and_those_after_the_history_in_each_reply() -> None:
    who = persona(system="{{roll:1d1000000}}", post_history_instructions="{{roll:1d1000000}}")
    first = compose(who, HELLO, Scene(seed=1))
    again = compose(who, HELLO, first.scene, first.reply)
    assert (again.turns, again.notes) == (first.turns, ())
    other = compose(who, HELLO, first.scene, Scene(seed=2))
    assert other.turns[0] == first.turns[0]
    assert other.turns[-1] != first.turns[-1]
    assert first.notes == (
        f"{{{{roll:1d1000000}}}} was {first.turns[0].text}",
        f"{{{{roll:1d1000000}}}} was {first.turns[-1].text}",
    )


def test_what_the_lorebook_did_is_told() -> None:
    entries = tuple(Lore(keys=(f"k{n}",), content="x" * 40, name=f"entry {n}") for n in range(4))
    who = persona(system="s", lorebook=Lorebook(entries=entries, token_budget=20))
    made = compose(who, (Turn(role="user", text="k0 k1 k3"),), Scene())
    assert made.notes == (
        "lorebook, about 20 tokens: entry 0; entry 1",
        "the lorebook's budget left out: entry 3",
    )


@pytest.mark.parametrize("said", [(), (Turn(role="assistant", text="Hi."),)])
def test_instructions_after_the_history_wait_for_the_user(said: tuple[Turn, ...]) -> None:
    made = compose(persona(system="s", post_history_instructions="z"), said, Scene())
    assert [turn.text for turn in made.turns] == ["s", *(turn.text for turn in said)]
    assert "wait" in made.notes[0]


def test_stop_texts_have_the_names() -> None:
    assert stops(persona(stop=("\n{{user}}:", "END"))) == ("\nUser:", "END")


MODEL = ModelInfo(
    path="/m/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", name="Meta Llama", arch="", quant="",
    description="", n_vocab=1, n_ctx=2048, n_ctx_train=1, n_params=1, size_bytes=1, n_threads=1,
    bos=-1, eos=-1, eog=(), control=(), chat_template="", sampling={}, can_rewind=True, load_s=0.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        (ModelHint(name="llama3.1:8b"), []),
        (ModelHint(name="llama instruct", n_ctx=2048), []),
        (
            ModelHint(name="mistral", repo="U/R:Q4"),
            ["is meant for the model mistral (U/R:Q4)"],
        ),
        (ModelHint(n_ctx=4096), ["needs a context of 4096 tokens and this one has 2048"]),
    ],
)
def test_a_model_that_does_not_fit_is_told(hint: ModelHint, told: list[str]) -> None:
    found = misfits(persona(model=hint), MODEL)
    assert len(found) == len(told)
    assert all(part in line for part, line in zip(told, found, strict=True))
