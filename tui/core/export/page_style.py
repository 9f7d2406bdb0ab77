"""The look of the HTML export, light and dark, on a screen and on paper."""

from typing import Final

_LIGHT: Final = ("#00000000", "#f9eed8", "#f6dfb4", "#f2c987", "#eda957", "#e38432")
_DARK: Final = ("#00000000", "#2b261d", "#42351f", "#614720", "#8a5d1f", "#b8761a")


def _ramp(colours: tuple[str, ...]) -> str:
    return "".join(f"--l{n}:{colour};" for n, colour in enumerate(colours))


def _tints() -> str:
    """One rule for each level of each measure: only the measure that is chosen tints."""
    rules = []
    for name in ("probability", "surprise", "entropy", "rank"):
        for n in range(1, 6):
            rules.append(f'[data-tint="{name}"] .{name[0]}{n}{{background:var(--l{n})}}')
        rules.append(f'[data-tint="{name}"] .scale.{name}{{display:block}}')
    return "".join(rules)


STYLE: Final = (
    f":root{{color-scheme:light dark;--fg:#24292d;--bg:#fafaf7;--quiet:#5f666b;--rule:#d5d8d4;"
    f"--accent:#1a6a96;--bar:#c98a3a;--panel:#f1f1ec;{_ramp(_LIGHT)}}}"
    "@media (prefers-color-scheme:dark){:root{--fg:#d3d7da;--bg:#121416;--quiet:#959ba1;"
    f"--rule:#363b40;--accent:#5bb8ec;--bar:#d99a4e;--panel:#1a1d20;{_ramp(_DARK)}}}}}"
    """
*{box-sizing:border-box}
body{margin:0;padding:1.5rem;color:var(--fg);background:var(--bg);font:16px/1.5 system-ui,sans-serif}
header{max-width:80rem;margin:0 auto 1rem;border-bottom:1px solid var(--rule);padding-bottom:.75rem}
h1{font-size:1.25rem;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:.8rem;margin:1.25rem 0 .25rem;color:var(--quiet);font-weight:600}
dl{margin:0;display:flex;flex-wrap:wrap;gap:.1rem 1.5rem;font-size:.85rem}
dl div{display:flex;gap:.5rem;min-width:0}
dt{color:var(--quiet);white-space:nowrap}
dd{margin:0;overflow-wrap:anywhere;min-width:0}
main{max-width:80rem;margin:0 auto;display:grid;grid-template-columns:minmax(0,1fr) 27rem;gap:2rem;align-items:start}
.quiet,summary{color:var(--quiet);font-size:.85rem}
.turn,#reply{white-space:pre-wrap;overflow-wrap:anywhere}
#reply{font:15px/1.9 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
.t{cursor:pointer;border-radius:3px;padding:.14em 0;-webkit-box-decoration-break:clone;box-decoration-break:clone;outline:1px solid transparent}
.t:hover{outline-color:var(--quiet)}
.t:focus-visible{outline:2px solid var(--accent)}
.t.on{outline:2px solid var(--accent)}
.t i{font-style:normal;opacity:.45}
.t.no{color:var(--quiet);font-size:.8em;margin:0 .15em}
#tints{margin:1rem 0 0}
.scale{display:none;font-size:.8rem}
.scale span+span{padding:.1em .5em;border-radius:3px}
.scale button{font:inherit}
#tints button{font:inherit;font-size:.8rem;color:var(--quiet);background:none;border:0;border-bottom:2px solid transparent;padding:.1rem .2rem;margin-right:.6rem;cursor:pointer}
#tints button[aria-pressed=true]{color:var(--fg);border-color:var(--accent)}
#tints button:focus-visible{outline:2px solid var(--accent)}
#panel{position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow:auto;background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:.75rem 1rem;font-size:.85rem}
#panel h3{margin:0;font:600 1rem/1.4 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
#panel p{margin:.25rem 0}
table{border-collapse:collapse;width:100%;margin-top:.5rem;font-variant-numeric:tabular-nums}
th{font-weight:400;white-space:nowrap;color:var(--quiet);text-align:right;padding:.1rem .35rem}
td{text-align:right;padding:.1rem .35rem;vertical-align:top}
th:first-child,td:first-child{text-align:left;padding-left:0}
td.w{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;text-align:left;overflow-wrap:anywhere;max-width:9rem}
td.b{width:6rem;padding-top:.45rem}
td.b span{display:block;height:.55rem;background:var(--bar);border-radius:1px}
tr.cut td,tr.idle td{color:var(--quiet)}
tr.cut td.b span{opacity:.4}
tr.taken td{font-weight:600}
td.why{text-align:left;padding:0 0 .25rem 1rem;color:var(--quiet);font-size:.95em}
footer{margin-top:2rem}
@media (max-width:60rem){
body{padding:1rem 1rem 50vh}
main{display:block}
#panel{position:fixed;left:0;right:0;bottom:0;top:auto;max-height:45vh;border-width:1px 0 0;border-radius:0}
}
@media print{
@LIGHT
body{padding:0}
main{display:block}
#panel,#tints button{display:none}
.t,.scale span{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.t.on{outline:0}
}
""".replace("@LIGHT", f":root{{--fg:#000;--bg:#fff;--quiet:#444;{_ramp(_LIGHT)}}}")
    + _tints()
)
"""The page's only style."""
