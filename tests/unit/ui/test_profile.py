from tui.core.conversation import Conversation
from tui.core.launch import Launch, Layer
from tui.core.model import LoadOptions, ModelInfo
from tui.core.persona import Persona
from tui.core.profile import Profile

CROUPIER = Persona(id="croupier", name="Croupier", system="Deal.", sampling={"temperature": 1.0},
                   stop=("END",))  # fmt: skip
CONSOLE = Persona(id="console", name="Console", system="Compute.", sampling={"temperature": 0.2},
                  samplers=("top_k", "temperature"))  # fmt: skip


def profile(**rest: object) -> Profile:
    return Profile(Launch(options=LoadOptions(path="x.gguf"), **rest), CONSOLE)


def model(**sampling: float) -> ModelInfo:
    return ModelInfo(
        path="", name="", arch="", quant="", description="", n_vocab=1, n_ctx=1, n_ctx_train=1,
        n_params=1, size_bytes=1, n_threads=1, bos=-1, eos=-1, eog=(), control=(),
        chat_template="", sampling=dict(sampling), can_rewind=True, load_s=0.0,
    )  # fmt: skip


def test_a_personas_values_apply_and_are_named() -> None:
    found = profile()
    assert found.settings.temperature == 0.2
    assert found.settings.samplers == ("top_k", "temperature")
    assert found.sources["temperature"] == "persona console"


def test_flags_lie_over_the_persona_and_the_configuration_under_it() -> None:
    found = profile(
        below=(Layer("config.toml", {"temperature": 0.5, "top_p": 0.5}),),
        above=(Layer("flags", {"top_k": 7}),),
    )
    assert (found.settings.temperature, found.settings.top_p, found.settings.top_k) == (0.2, 0.5, 7)
    assert found.sources["top_p"] == "config.toml"
    assert found.sources["top_k"] == "flags"


def test_the_models_own_values_lie_lowest() -> None:
    found = profile(below=(Layer("config.toml", {"top_k": 9}),))
    found.model_loaded(model(top_k=3, min_p=0.2))
    assert (found.settings.top_k, found.settings.min_p) == (9, 0.2)
    assert found.sources["min_p"] == "model"


def test_the_panel_lies_over_everything_until_another_persona_is_taken() -> None:
    found = profile(above=(Layer("flags", {"top_k": 7}),))
    assert found.set_by_hand(found.settings.changed(temperature=1.5, top_k=1), "panel")
    assert (found.settings.temperature, found.settings.top_k) == (1.5, 1)
    assert found.sources["temperature"] == found.sources["top_k"] == "panel"
    found.use(CROUPIER)
    assert (found.settings.temperature, found.settings.top_k) == (1.0, 7)


def test_what_was_set_by_hand_survives_the_loading_of_a_model() -> None:
    found = profile()
    found.set_by_hand(found.settings.changed(min_p=0.3), "panel")
    found.model_loaded(model(min_p=0.2))
    assert found.settings.min_p == 0.3


def test_the_same_settings_are_no_change() -> None:
    found = profile()
    assert not found.set_by_hand(found.settings, "panel")


def test_a_system_text_of_the_command_line_replaces_every_personas() -> None:
    found = profile(system="Be brief.")
    conversation = Conversation()
    conversation.add("user", "hello")
    reply = conversation.add("assistant")
    for persona in (CONSOLE, CROUPIER):
        found.use(persona)
        turns = found.compose(conversation, reply, 1).turns
        assert [(turn.role, turn.text) for turn in turns] == [
            ("system", "Be brief."), ("user", "hello"),
        ]  # fmt: skip
    assert found.stop == ("END",)
