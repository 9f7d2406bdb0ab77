"""How the compiled loop is to apply the stages of a chain.

Keeps true: a stage before which there is no candidate array works on the few logits that it can
change; libllama's own stages are called without a way through Python; all others are left to the
caller. Order and names are the chain's.
"""

from collections.abc import Sequence

from tui.core.samplers import STAGES, Kind
from tui.core.settings import Settings
from tui.sampling import library, observer
from tui.sampling.grammar import Grammar
from tui.sampling.observer import Told
from tui.sampling.stage import Bias, Plain, Stage, Windowed


def describe(
    stages: Sequence[Stage], settings: Settings, n_vocab: int, watched: bool
) -> list[Told]:
    """One for each stage, in order; they point into the stages, which must be kept.

    Args:
        stages: in order; a grammar, if there is one, first.
        settings: whose values they have.
        n_vocab: of the model.
        watched: whether the caller wants to apply every one.
    """
    told: list[Told] = []
    in_head = not watched
    for stage in stages:
        in_head = in_head and isinstance(stage, Grammar | Bias | Windowed)
        told.append(_one(stage, settings, n_vocab, in_head, watched))
    return told


def _one(stage: Stage, settings: Settings, n_vocab: int, in_head: bool, watched: bool) -> Told:
    kind = observer.Kind
    row = STAGES.get(stage.name)
    told = Told(kind=kind.CALLER, reshapes=row is None or row.kind is not Kind.CUT)
    if isinstance(stage, Bias):
        told.ids, told.amounts = stage.ids.ctypes.data, stage.amounts.ctypes.data
        told.count = len(stage.ids)
        told.kind = kind.BIAS if in_head else kind.CALLER
    elif isinstance(stage, Windowed):
        told.sampler, told.count, told.looks_back = stage.sampler.address, stage.last_n, True
        told.kind = kind.WINDOW if in_head else kind.APPLY
    elif isinstance(stage, Grammar):
        told.sampler, told.kind = stage.sampler.address, kind.WHOLE
    elif isinstance(stage, Plain):
        told.sampler, told.kind = stage.sampler.address, kind.APPLY
        if stage.name == "top_k":
            told.kind, told.count = kind.TOP_K, min(settings.top_k, n_vocab)
        elif stage.name == "min_p":
            told.kind, told.count = kind.MIN_P, max(1, settings.min_keep)
            told.threshold = library.logf(settings.min_p)
    if watched:
        told.kind = kind.CALLER
    return told
