"""config.toml and presets."""

from pathlib import Path

import pytest

from tui.core.errors import UsageError
from tui.core.settings import DEFAULTS, PRESETS, preset
from tui.core.values import apply_values
from tui.store.config import Config, read_config
from tui.store.preset import preset_layer


def test_no_file_is_no_configuration(tmp_path: Path) -> None:
    assert read_config(tmp_path / "config.toml") == Config()


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('samplers = ["top_k"]\nmouse = false\n[sampling]\ntop_k = 3\n')
    config = read_config(path)
    assert config.values == {"top_k": 3, "samplers": ["top_k"]}
    assert not config.mouse


def test_every_problem_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('mouse = "no"\nthem = "x"\n[sampling]\ntop_k = 1.5\n')
    with pytest.raises(UsageError) as caught:
        read_config(path)
    why = caught.value.why.splitlines()
    assert [line.split(":")[1] for line in why] == ["1", "2", "4"]
    assert "did you mean theme?" in why[1]


def test_a_built_in_preset_sets_every_stage(tmp_path: Path) -> None:
    odd = DEFAULTS.changed(temperature=1.7, tfs_z=0.5, mirostat=2, samplers=("top_k",), seed=4)
    for name in PRESETS:
        made, problems = apply_values(odd, preset_layer(name, tmp_path).values)
        assert problems == []
        assert made == preset(name).changed(seed=4)


def test_a_preset_of_ones_own_sets_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("temperature = 1.2\n")
    (tmp_path / "greedy.toml").write_text("top_k = 1\n")
    assert preset_layer("mine", tmp_path).values == {"temperature": 1.2}
    assert preset_layer("greedy", tmp_path).values == {"top_k": 1}


def test_a_broken_preset_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("top_k = 3\ntop_kk = 1\n")
    with pytest.raises(UsageError, match=r"mine.toml:2: top_kk.*did you mean top_k"):
        preset_layer("mine", tmp_path)
    (tmp_path / "torn.toml").write_text("top_k =\n")
    with pytest.raises(UsageError, match="not TOML"):
        preset_layer("torn", tmp_path)


def test_ids_of_keys_may_be_quoted_or_not(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\nprompt.send = "f5"\n"help.open" = "f1,f2"\n')
    assert read_config(path).keys == {"prompt.send": "f5", "help.open": "f1,f2"}
    path.write_text("[keys]\nprompt.send = 5\n")
    with pytest.raises(UsageError, match="a table of texts"):
        read_config(path)
