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

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from tui.core.errors import LogitscopeError, Problem, UsageError
from tui.core.own_sampler import OwnSampler
from tui.core.plan import make_plan
from tui.core.settings import Settings
from tui.core.step import ChainState, Step
from tui.sampling import library
from tui.sampling.bias import resolve
from tui.sampling.build import Builder
from tui.sampling.candidate import Candidates, Logits
from tui.sampling.custom import CustomStage
from tui.sampling.dice import RANDOM_SEED
from tui.sampling.drawn import Draw, Written
from tui.sampling.grammar import Grammar, grammar_text
from tui.sampling.memory import Memory
from tui.sampling.ranking import Ranking, different
from tui.sampling.recorder import KEEP, Recorder
from tui.sampling.stage import Bias, Moved, Plain, Windowed, Xtc
from tui.sampling.taker import Adaptive, Dist, Greedy, Mirostat
from tui.sampling.vocab import Vocab

_SMALL: Final = 4096
"""A top-k up to this is found in the row; a larger one is libllama's."""

_FEW: Final = 1024
"""Moved tokens up to which the model's own most likely are found on the way."""

_ABSURD: Final = 1e18
"""No logit is as large as this; a larger one would overflow in the stages."""


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
        own: Mapping[str, OwnSampler] | None = None,
    ) -> None:
        """Build the chain.

        Args:
            vocab: of the model.
            settings: what to build; `core.plan` says which stages run.
            seed: 0..2^32-1. llama.cpp reads the last one as "draw a seed"; it counts as 2^32-2.
            history: the prompt's ids; penalties and DRY look back into it.
            own: samplers of one's own, by name; told the pieces of this model.

        Raises:
            UsageError: a grammar or schema that cannot be used.
        """
        self.faults: list[Problem] = []
        """Stages that went wrong, by `key`; each is left out for the rest of the reply."""
        self.warnings: list[str] = []
        """What a person should know of the settings, without having stopped anything."""
        self._vocab = vocab
        self._seed = min(seed, RANDOM_SEED - 1)
        self._history = list(history)
        self._memory = Memory(self._seed)
        self._builder = Builder(vocab, self._memory, own or {})
        self._dist = Dist(self._seed, self._memory.dice("dist"))
        self._taker: Dist | Greedy | Mirostat | Adaptive = self._dist
        self._grammar: Grammar | None = None
        self._asked = ("", "")
        self._allowed = -1
        self._candidates = Candidates(vocab.n_vocab)
        self._flags = np.empty(vocab.n_vocab, bool)
        self._row = np.empty(vocab.n_vocab, np.float32)
        self._ranking = Ranking(vocab.n_vocab)
        self._recorder = Recorder(vocab.n_vocab)
        self.change(settings)

    def change(self, settings: Settings) -> None:
        """Let `settings` hold from the next `sample` on.

        A new grammar begins with the next token; one that is unchanged goes on.

        Raises:
            UsageError: a grammar or schema that cannot be used; nothing has changed then.
        """
        self._set_grammar(settings)
        self.settings = settings
        self.plan = make_plan(settings)
        pairs, self.warnings = resolve(settings, self._vocab)
        faulty = {fault.key for fault in self.faults}
        names = [n for n in self.plan.active if n not in faulty and n != "logit_bias"]
        stages = self._builder.build(names, settings, self._history)
        self._windowed = self._builder.windowed()
        self._head: list[Bias | Windowed] = [Bias(pairs)] if pairs else []
        count = next((i for i, s in enumerate(stages) if not isinstance(s, Windowed)), len(stages))
        self._head += [stage for stage in stages[:count] if isinstance(stage, Windowed)]
        self._tail = stages[count:]
        self._behind = [stage for stage in self._tail if isinstance(stage, Windowed)]
        self._set_taker()

    def _set_grammar(self, settings: Settings) -> None:
        asked = settings.grammar, settings.json_schema
        if asked == self._asked:
            return
        text = grammar_text(settings)
        grammar = Grammar(self._vocab.handle, text) if text else None
        if self._grammar:
            self._grammar.close()
        self._grammar, self._asked = grammar, asked

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
        """Draw a token; `accept` one before the next is drawn.

        Args:
            logits: float32[n_vocab], libllama's own row; neither changed nor kept.
            record: whether `record` will be asked for this draw.

        Raises:
            Banned: no candidate is left.
        """
        draw = Draw(self._memory.state(self.settings), self.plan.draw)
        row = self._recorder.copy(logits) if record else logits
        draw.top = float(np.maximum.reduce(row))
        if not -_ABSURD < draw.top < _ABSURD:
            row = self._repaired(row, draw)
        self._run(draw, row, [], record)
        grammar = self._grammar
        if grammar:
            first = draw.token
            if not grammar.allows(first):
                draw.resampled = True
                draw.left = []
                draw.uniforms = {f"refused.{name}": u for name, u in draw.uniforms.items()}
                masked, moved = grammar.mask(row, self._candidates)
                self._run(draw, masked, [moved], record)
                draw.near = None  # found among the allowed alone; the record wants the model's own
            self._allowed = draw.token
        if "xtc" not in draw.uniforms:
            draw.uniforms["xtc"] = self._memory.dice("xtc").single()
        if record:
            draw.row = row
            draw.noted = [ids for name, ids, _ in draw.moved if name != "grammar"]
            draw.noted += [stage.window(self._history) for stage in self._behind]
            if grammar:
                self._judge(draw, grammar, [first, draw.token])
        return draw

    def _run(self, draw: Draw, row: Logits, moved: list[Moved], record: bool) -> None:
        """Send a row through the chain; `moved` says what has already been done to it."""
        candidates = self._candidates
        work = row
        if self._head:
            work = self._row
            np.copyto(work, row)
            moved += [stage.move(work, self._history, candidates) for stage in self._head]
        if moved and work.max() == -np.inf:
            raise Banned([name for name, _, logits in moved if np.isneginf(logits).any()])
        draw.moved = moved
        tail = self._tail
        if self._enter(draw, work):
            if record:
                draw.left.append((tail[0].name, candidates.snapshot()))
            tail = tail[1:]
        else:
            candidates.fill(work)
        for stage in tail:
            stage.apply(candidates)
            if type(stage) is not Plain:
                if isinstance(stage, Xtc):
                    draw.uniforms[stage.key] = stage.coin
                elif isinstance(stage, CustomStage) and stage.fault:
                    self._bypass(stage, stage.fault)
                    continue
            if record:
                draw.left.append((stage.name, candidates.snapshot()))
        place, draw.u = self._taker.take(candidates)
        draw.token = candidates.id_at(place)
        if draw.u is not None:
            draw.uniforms[self.plan.draw] = draw.u
        if record:
            draw.final = candidates.snapshot()

    def _enter(self, draw: Draw, row: Logits) -> bool:
        """Make the first stage's survivors the candidates, if they can be told from the row."""
        first = self._tail[0].name if self._tail else ""
        if first == "min_p":
            # `llama_sampler_min_p_apply` on unsorted candidates.
            least = row.max() + np.float32(library.logf(self.settings.min_p))
            ids = np.flatnonzero(np.greater_equal(row, least, out=self._flags))
            if ids.size < max(1, self.settings.min_keep):
                return False
            self._candidates.load(ids, row[ids], is_sorted=False)
            return True
        if first != "top_k" or self.settings.top_k > _SMALL:
            return False
        k = min(self.settings.top_k, row.size)
        # What is among the KEEP most likely of the model's is, unless it was moved itself, not
        # further back than by the number of those that were moved.
        touched = sum([ids.size for _, ids, _ in draw.moved])
        near = KEEP + touched if touched <= _FEW else 0
        ids, values, distinct = self._ranking.most_likely(row, max(near, k + 1))
        if near:
            draw.near = ids[:near]
            if not draw.moved:
                draw.near_logits = values[:near]
        top = values[: k + 1]
        if values.size < min(k + 1, row.size) or not (distinct or (top[1:] != top[:-1]).all()):
            return False
        self._candidates.load(ids[:k], values[:k], is_sorted=True)
        return True

    def _bypass(self, stage: CustomStage, fault: Problem) -> None:
        if fault.key not in {known.key for known in self.faults}:
            self.faults.append(fault)
        self._tail = [other for other in self._tail if other is not stage]

    def _repaired(self, row: Logits, draw: Draw) -> Logits:
        """The row without NaN and the like, which a damaged model computes; they are removed."""
        row = np.where(np.abs(row) < _ABSURD, row, np.float32(-np.inf))
        draw.top = float(row.max())
        if draw.top == -np.inf:
            raise Banned(["model"])
        note = "the model computed logits that are no numbers; they count as removed"
        if note not in self.warnings:
            self.warnings.append(note)
        return row

    def _judge(self, draw: Draw, grammar: Grammar, tokens: Sequence[int]) -> None:
        """Ask the grammar about every candidate that the record will hold."""
        if draw.row is None:
            return
        if draw.near is None:
            draw.near, draw.near_logits, _ = self._ranking.most_likely(draw.row, KEEP)
        ids = different([draw.near, *draw.noted, tokens])
        draw.noted.append(np.array(tokens, np.int32))
        draw.judged = grammar.verdicts(ids, self._candidates)

    def take(self, draw: Draw, token: int) -> Draw:
        """Put a token taken by hand in place of the drawn one; it counts as drawn.

        Returns the same draw, changed. The uniform that was rolled stays rolled.

        Raises:
            UsageError: the id is outside the vocabulary.
        """
        if not 0 <= token < self._vocab.n_vocab:
            raise UsageError(f"Token {token} is outside the vocabulary.")
        draw.token, draw.by_hand = token, True
        if isinstance(self._taker, Mirostat):
            self._taker.relearn(token, self._recorder.p_raw(draw))
        if self._grammar:
            self._judge(draw, self._grammar, [token])
        return draw

    def allows(self, token: int) -> bool:
        """Whether the grammar, where there is one, lets the reply go on with this token."""
        return self._grammar is None or self._grammar.allows(token)

    def accept(self, token: int) -> None:
        """Learn that this token was said."""
        self._history.append(token)
        for stage in self._windowed:
            stage.sampler.accept(token)
        if isinstance(self._taker, Adaptive):
            self._taker.learn(token)
        if self._grammar:
            self._go_on(self._grammar, token)

    def _go_on(self, grammar: Grammar, token: int) -> None:
        if token == self._allowed or grammar.allows(token):
            grammar.accept(token)
        else:
            why = "it refuses a token that was taken by hand, and is left out from there on"
            self.faults.append(Problem(key="grammar", message=why))
            grammar.close()
            self._grammar = None
        self._allowed = -1

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
        return self.records([Written(draw, i, piece, text, settings_version)])[0]

    def preview(self, draw: Draw, i: int, piece: bytes = b"") -> Step:
        """The step of a draw that is not taken yet; it can still be recorded, or another taken."""
        row = None if draw.row is None else draw.row.copy()
        return self.record(replace(draw, row=row), i, piece)

    def records(self, written: Sequence[Written]) -> list[Step]:
        """The steps of several draws, which together cost less; as `record`."""
        return self._recorder.steps(written)

    def snapshot(self) -> ChainState:
        """What `restore` needs besides the history."""
        return self._memory.state(self.settings)

    def restore(self, state: ChainState, history: Sequence[int], *, replied: int = 0) -> None:
        """Go on from a state of the same seed, as a fork does.

        Args:
            state: `snapshot()`, or the `state` of the step that is made again.
            history: prompt and reply so far.
            replied: how many of its last ids a grammar has to read.
        """
        self._history = list(history)
        self._memory.restore(state)
        self._builder.rewind(self._history)
        self._dist.close()
        drop, self._dist = self._dist, Dist(self._seed, self._memory.dice("dist"))
        if self._taker is drop:
            self._taker = self._dist
        self._set_taker()
        self._asked = ("", "")
        self._set_grammar(self.settings)
        self._allowed = -1
        for token in self._history[len(self._history) - replied :]:
            if self._grammar:
                self._go_on(self._grammar, token)

    def close(self) -> None:
        """Free everything of libllama's."""
        self._builder.close()
        if self._taker is not self._dist:
            self._taker.close()
        self._dist.close()
        if self._grammar:
            self._grammar.close()
            self._grammar = None
