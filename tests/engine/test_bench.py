from pathlib import Path

from tui.cli.bench import table, ui_table
from tui.cli.bench_drawer import beside
from tui.cli.bench_ui import measure
from tui.engine.race import race


async def test_both_sides_are_measured(tiny: Path):
    figures = await race(tiny, 1, 1)
    assert (figures["model"], figures["threads"], figures["rounds"]) == (str(tiny), 1, 1)
    for side in ("native", "logitscope", "ratio"):
        assert figures["decode_tps"][side] > 0
    sample = figures["sample_us"]
    assert all(sample[key] > 0 for key in ("native", "staged", "traced", "ratio"))
    for key in ("record_cpu_us", "binding_logprobs_tps", "whatif_ms", "peak_rss_mb"):
        assert figures[key] > 0
    text = "\n".join(table(figures))
    assert str(figures["decode_tps"]["native"]) in text
    assert "1 rounds" in text


async def test_the_workbench_is_measured():
    figures = await measure(1000, 1)
    assert figures["tokens"] == 1000
    for key in ("redraw_us", "one_reply_redraw_us", "token_us", "cursor_us"):
        assert all(value > 0 for value in figures[key].values())
    assert figures["bytes_per_redraw"] > 0
    assert figures["whatif_repaint_ms"] > 0
    drawer = figures["inspector_core_share"]
    assert drawer["size"] == [80, 24]
    assert 0 < drawer["shut"] < 1
    assert 0 < drawer["open"] < 1
    text = "\n".join(ui_table(figures))
    assert str(figures["redraw_us"]["ratio"]) in text
    assert str(figures["cursor_us"]["end"]) in text


async def test_a_real_model_is_measured_beside_the_inspector(tiny: Path):
    figures = await beside(tiny, 1, 1, 0.25)
    assert (figures["model"], figures["threads"], figures["size"]) == (str(tiny), 1, [80, 24])
    assert figures["shut"] > 0
    assert figures["open"] > 0
