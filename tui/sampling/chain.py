"""The sampler chain of a reply: what happens between two decodes.

Keeps true: with the same seed the tokens are those of llama.cpp's own chain, as long as no value is
changed and no token taken by hand. A change holds from the next `sample` on and loses nothing that
was learnt. `sample` copies what the record needs and computes nothing for it; `record` does that
later, from the copy, and may run in another thread.

Exact and cheap at once: what stands before the first top-k is done on a row of logits (`move`), the
k most likely are found in it without sorting it, and only they become candidates. Where two of the
first k + 1 logits are equal, or the chain does not begin so, the whole vocabulary goes through
libllama, because there the order of equals decides the draw.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tui.core.errors import LogitscopeError
from tui.core.plan import make_plan
from tui.core.settings import Settings
from tui.core.step import Step
from tui.sampling.bias import resolve
from tui.sampling.build import Builder
from tui.sampling.candidate import Candidates, Logits
from tui.sampling.custom import CustomStage, Fault, Function
from tui.sampling.dice import RANDOM_SEED
from tui.sampling.drawn import Draw
from tui.sampling.memory import Memory
from tui.sampling.ranking import most_likely
from tui.sampling.recorder import KEEP, Recorder
from tui.sampling.stage import Bias, Moved, Plain, Windowed, Xtc
from tui.sampling.taker import Adaptive, Dist, Greedy, Mirostat
from tui.sampling.vocab import Vocab

_SMALL = 4096
"""A top-k up to this is found in the row; a larger one is libllama's."""


class Banned(LogitscopeError):
    """No candidate has a finite logit: nothing can be drawn."""

    def __init__(self, stages: Sequence[str]) -> None:
        self.stages = tuple(stages)
        """The stages that removed candidates; `model` for the model's own logits."""
        super().__init__(
            "No token is left to choose from.",
            f"Everything was removed by: {', '.join(self.stages)}.",
            "Lift a ban, or switch one of these stages off.",
        )


class Chain:
    """One reply's chain. Not safe between threads, except `record`."""

    def __init__(
        self,
        vocab: Vocab,
        settings: Settings,
        seed: int,
        history: Sequence[int],
        *,
        custom: Mapping[str, Function] | None = None,
    ) -> None:
        """Build the chain.

        Args:
            vocab: of the model.
            settings: what to build; `core.plan` says which stages run.
            seed: 0..2^32-1. llama.cpp reads the last one as "draw a seed"; it counts as 2^32-2.
            history: the prompt's ids; penalties and DRY look back into it.
            custom: functions of users' own stages, by name without `custom:`.
        """
        self.faults: list[Fault] = []
        """Stages that went wrong; each is left out for the rest of the reply."""
        self.warnings: list[str] = []
        """What a person should know of the settings, without having stopped anything."""
        self._vocab = vocab
        self._seed = min(seed, RANDOM_SEED - 1)
        self._history = list(history)
        self._memory = Memory(self._seed)
        self._memory.dice("xtc")
        self._builder = Builder(vocab, self._memory, custom or {})
        self._dist = Dist(self._seed, self._memory.dice("dist"))
        self._candidates = Candidates(vocab.n_vocab)
        self._flags = np.empty(vocab.n_vocab, bool)
        self._row = np.empty(vocab.n_vocab, np.float32)
        self._recorder = Recorder(vocab.n_vocab)
        self._taker: Dist | Greedy | Mirostat | Adaptive = self._dist
        self.change(settings)

    def change(self, settings: Settings) -> None:
        """Let `settings` hold from the next `sample` on."""
        self.settings = settings
        self.plan = make_plan(settings)
        pairs, self.warnings = resolve(settings, self._vocab)
        faulty = {fault.sampler for fault in self.faults}
        names = [n for n in self.plan.active if n not in faulty and n != "logit_bias"]
        stages = self._builder.build(names, settings, self._history)
        head: list[Bias | Windowed] = [Bias(pairs)] if pairs else []
        while stages and isinstance(stages[0], Windowed):
            head.append(stages.pop(0))  # type: ignore[arg-type]
        self._head, self._tail = head, stages
        self._windowed = self._builder.windowed()
        self._k = 0
        if self._tail and self._tail[0].name == "top_k" and settings.top_k <= _SMALL:
            self._k = min(settings.top_k, self._vocab.n_vocab)
        self._set_taker()

    def _set_taker(self) -> None:
        if self._taker is not self._dist:
            self._taker.close()
        match self.plan.draw:
            case "greedy":
                self._taker = Greedy()
            case "mirostat":
                self._taker = Mirostat(self.settings, self._vocab.n_vocab, self._memory)
            case "adaptive_p":
                self._taker = Adaptive(self.settings, self._memory)
            case _:
                self._taker = self._dist

    def sample(self, logits: Logits, *, record: bool = True) -> Draw:
        """Draw a token; `accept` it before the next one is drawn.

        Args:
            logits: float32[n_vocab], libllama's own row; neither changed nor kept.
            record: whether `record` will be asked for this draw.

        Raises:
            Banned: no candidate is left.
        """
        draw = Draw(self._memory.state(self.settings), self.plan.draw)
        row = self._recorder.copy(logits) if record else logits
        draw.top = float(row.max())
        if not math.isfinite(draw.top):
            row = self._repaired(row, draw)
        if record:
            draw.row = row
            draw.noted = [stage.window(self._history) for stage in self._windowed]
            draw.noted += [stage.ids for stage in self._head[:1] if isinstance(stage, Bias)]
        self._run(draw, row, record)
        return draw

    def record(
        self, draw: Draw, i: int, piece: bytes = b"", text: str = "", settings_version: int = 0
    ) -> Step:
        """The step of a draw; may run in another thread while the next decode runs.

        Args:
            draw: made with `record=True`; it can be recorded once.
            i: 0-based index in the reply.
            piece: bytes of the token.
            text: what the token adds to the decoded text.
            settings_version: which settings were in force.
        """
        return self._recorder.step(draw, i, piece, text, settings_version)

    def _repaired(self, row: Logits, draw: Draw) -> Logits:
        """The row without NaN and +inf, which a damaged model computes; they count as removed."""
        row = np.where(np.isfinite(row), row, np.float32(-np.inf))
        draw.top = float(row.max())
        if draw.top == -math.inf:
            raise Banned(["model"])
        note = "the model computed logits that are not finite; they count as removed"
        if note not in self.warnings:
            self.warnings.append(note)
        return row

    def _run(self, draw: Draw, row: Logits, record: bool) -> None:
        candidates = self._candidates
        moved: list[Moved] = []
        work = row
        if self._head:
            work = self._row
            np.copyto(work, row)
            moved = [mover.move(work, self._history, candidates) for mover in self._head]
        draw.moved = moved
        k, tail = self._k, self._tail
        start = 0
        if moved and work.max() == -np.inf:
            raise Banned([name for name, _, logits in moved if np.isneginf(logits).any()])
        if k:
            ids, values = most_likely(work, max(KEEP, k + 1), self._flags)
            if record and not moved:
                draw.ranked = ids[:KEEP], values[:KEEP]
            if values.size > k or values.size == work.size:
                first = values[: k + 1]
                if not (first[1:] == first[:-1]).any():
                    candidates.load(ids[:k], values[:k], is_sorted=True)
                    start = 1
                    if record:
                        draw.left.append(("top_k", candidates.snapshot()))
        if not start:
            candidates.fill(work)
        for stage in tail[start:]:
            stage.apply(candidates)
            if type(stage) is not Plain:
                if isinstance(stage, Xtc):
                    draw.uniforms[stage.key] = stage.coin
                elif isinstance(stage, CustomStage) and stage.fault:
                    self._bypass(stage)
                    continue
            if record:
                draw.left.append((stage.name, candidates.snapshot()))
        if "xtc" not in draw.uniforms:
            draw.uniforms["xtc"] = self._memory.dice("xtc").single()
        place, draw.u = self._taker.take(candidates)
        draw.token = candidates.id_at(place)
        if draw.u is not None:
            draw.uniforms[self.plan.draw] = draw.u
        if record:
            draw.final = candidates.snapshot()

    def _bypass(self, stage: CustomStage) -> None:
        if stage.fault:
            self.faults.append(stage.fault)
        self._tail = [other for other in self._tail if other is not stage]

    def accept(self, token: int) -> None:
        """Learn that this token was said."""
        self._history.append(token)
        for stage in self._windowed:
            stage.sampler.accept(token)
        if isinstance(self._taker, Adaptive):
            self._taker.learn(token)

    def close(self) -> None:
        """Free everything of libllama's."""
        self._builder.close()
        if self._taker is not self._dist:
            self._taker.close()
        self._dist.close()
