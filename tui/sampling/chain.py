"""The sampler chain of a reply: what happens between two decodes.

Keeps true: with the same seed the tokens are those of llama.cpp's own chain, as long as no value is
changed and no token taken by hand. A change holds from the next `sample` on and loses nothing that
was learnt. `sample` measures what the record needs while the row is in the caches; `record` makes
the step of it, and may run in another thread.

The way of a row through the stages is compiled (`observer.c`); it comes back here for the stages
that are written in Python, and for the draw.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tui.core.errors import LogitscopeError, Problem, UsageError
from tui.core.own_sampler import OwnSampler
from tui.core.plan import make_plan
from tui.core.settings import Settings
from tui.core.step import ChainState, Step
from tui.sampling.arrangement import describe
from tui.sampling.bias import resolve
from tui.sampling.build import Builder
from tui.sampling.candidate import Candidates, Logits
from tui.sampling.custom import CustomStage
from tui.sampling.dice import RANDOM_SEED
from tui.sampling.drawn import BEGIN, Draw, Rest, Written
from tui.sampling.grammar import Grammar, grammar_text
from tui.sampling.memory import Memory
from tui.sampling.observer import BANNED, How, Observer
from tui.sampling.recorder import step_of
from tui.sampling.stage import Bias, Stage, Xtc
from tui.sampling.taker import Adaptive, Dist, Greedy, Mirostat
from tui.sampling.vocab import Vocab

Watch = Callable[[str, npt.NDArray[np.void]], None]
"""Told of every stage and of the draw what it left: name, `candidate.ROW`s, valid while it runs."""


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
        watch: Watch | None = None,
    ) -> None:
        """Build the chain.

        Args:
            vocab: of the model.
            settings: what to build; `core.plan` says which stages run.
            seed: 0..2^32-1. llama.cpp reads the last one as "draw a seed"; it counts as 2^32-2.
            history: the prompt's ids; penalties and DRY look back into it.
            own: samplers of one's own, by name; told the pieces of this model.
            watch: told what every stage left, at the cost of speed; not with a grammar.

        Raises:
            UsageError: a grammar or schema that cannot be used.
        """
        self.faults: list[Problem] = []
        """Stages that went wrong, by `key`; each is left out for the rest of the reply."""
        self.warnings: list[str] = []
        """What a person should know of the settings, without having stopped anything."""
        self._vocab = vocab
        self._seed = min(seed, RANDOM_SEED - 1)
        self._history = array("i", history)
        self._watch = watch
        self._memory = Memory(self._seed)
        self._own = own or {}
        self._builder = Builder(vocab, self._memory, self._own)
        self._dist = Dist(self._seed, self._memory.dice("dist"))
        self._taker: Dist | Greedy | Mirostat | Adaptive = self._dist
        self._grammar: Grammar | None = None
        self._asked = ("", "")
        self._grammar_notes: list[str] = []
        self._allowed = -1
        self._candidates = Candidates(vocab.n_vocab)
        self._observer = Observer(self._candidates, vocab.n_vocab)
        self._row, self._row_at = np.empty(0, np.float32), 0
        self._last: Draw | None = None
        try:
            self.change(settings)
        except BaseException:
            self.close()
            raise

    def change(self, settings: Settings) -> None:
        """Let `settings` hold from the next `sample` on.

        A new grammar begins with the next token; one that is unchanged goes on.

        Raises:
            UsageError: a grammar or schema that cannot be used; nothing has changed then.
        """
        self._set_grammar(settings)
        self.settings = settings
        self.plan = make_plan(settings, self._own)
        pairs, self.warnings = resolve(settings, self._vocab)
        self.warnings += self._grammar_notes
        faulty = {fault.key for fault in self.faults}
        names = [n for n in self.plan.active if n not in faulty and n != "logit_bias"]
        stages = self._builder.build(names, settings, self._history)
        self._windowed = self._builder.windowed()
        self._set_taker()
        self._arrange([Bias(pairs), *stages] if pairs else stages)

    def _arrange(self, stages: Sequence[Stage]) -> None:
        """Tell the observer what will run; a grammar stands first, for when it refuses a draw."""
        self._stages: list[Stage] = [*([self._grammar] if self._grammar else []), *stages]
        self._first = len(self._stages) - len(stages)
        told = describe(self._stages, self.settings, self._vocab.n_vocab, bool(self._watch))
        self._live = list(range(self._first, len(self._stages)))
        self._names = self._names_of(self._live)
        alone = self._taker is self._dist and not self._grammar and not self._watch
        self._observer.arrange(
            told,
            self._first,
            self._dist.address if alone else 0,
            (self._memory.dice("dist"), self._memory.dice("xtc")),
        )
        self._base = self._memory.state(self.settings)
        self._looks_back = bool(self._windowed)
        self._learns = self._looks_back or bool(self._grammar) or self._taker is not self._dist

    def _set_grammar(self, settings: Settings) -> None:
        asked = settings.in_force
        if asked == self._asked:
            return
        text, told = grammar_text(settings)
        grammar = Grammar(self._vocab.handle, text) if text else None
        self._grammar_notes = [*told, *(grammar.notes if grammar else ())]
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
            logits: float32[n_vocab], libllama's own row; not changed, and read until the token is
                accepted.
            record: whether `record` will be asked for this draw.

        Raises:
            Banned: no candidate is left.
        """
        if logits is not self._row:
            self._hold(logits)
        if self._looks_back:
            self._observer.remember(self._history)
        data = self._observer.draw(self._row_at, record)
        if data:
            token, repaired = BEGIN.unpack_from(data)
            draw = Draw(token, data, self._names, self._base)
            if repaired:
                self._warn()
        else:
            draw = self._helped(record)
        self._last = draw
        return draw

    def _helped(self, record: bool) -> Draw:
        """The draw that the observer could not make alone, from where it stopped."""
        state = self._memory.state(self.settings)
        uniforms: dict[str, float] = {}
        live = list(self._live)
        token, u = self._go_on(self._observer.code, uniforms, live)
        extra, grammar, resampled = -1, self._grammar, False
        if grammar:
            extra = token
            resampled = not grammar.allows(token)
            if resampled:
                live = [0, *self._live]
                uniforms = {f"refused.{name}": u for name, u in uniforms.items()}
                code = self._observer.begin(self._row_at, 0, record)
                token, u = self._go_on(code, uniforms, live)
            self._allowed = token
        if "xtc" not in uniforms:
            uniforms["xtc"] = self._memory.dice("xtc").single()
        how = How.GREEDY if self.plan.draw == "greedy" else How.DRAWN
        data = self._observer.finish(token, extra, how)
        draw = Draw(token, data, self._names_of(live), rest=Rest(state, u, uniforms))
        draw.resampled = resampled
        if record and grammar:
            draw.allowed = grammar.verdicts(draw.ids, self._candidates)
        self._base = self._memory.state(self.settings)
        return draw

    def _hold(self, logits: Logits) -> None:
        """Look up where the row lies; libllama's own is one and the same every time."""
        if logits.shape != (self._vocab.n_vocab,):
            raise ValueError(f"{self._vocab.n_vocab} logits are wanted, not {logits.shape}")
        whole = logits.flags.c_contiguous and logits.dtype == np.float32
        self._row = logits if whole else np.ascontiguousarray(logits, np.float32)
        self._row_at = self._row.ctypes.data

    def _names_of(self, places: Sequence[int]) -> tuple[str, ...]:
        return tuple([self._stages[place].name for place in places])

    def _go_on(
        self, code: int, uniforms: dict[str, float], live: list[int]
    ) -> tuple[int, float | None]:
        """Apply what the observer leaves to us, and draw: token and uniform.

        `live` are the places of the stages that this pass traces; one that fails is taken out.
        """
        candidates = self._candidates
        while code >= 0:
            stage = self._stages[code]
            stage.apply(candidates)
            faulty = False
            if isinstance(stage, Xtc):
                uniforms[stage.key] = stage.coin
            elif isinstance(stage, CustomStage) and stage.fault:
                self._bypass(stage, stage.fault)
                # An earlier place of the same stage has its trace already.
                live[:] = [at for at in live if at < code or self._stages[at] is not stage]
                faulty = True
            if self._watch and not faulty:
                self._watch(stage.name, candidates.rows())
            code = self._observer.resume(not faulty)
        if code == BANNED:
            raise Banned([self._stages[place].name for place in self._observer.bans] or ["model"])
        if self._observer.repaired:
            self._warn()
        place, u = self._taker.take(candidates)
        if u is not None:
            uniforms[self.plan.draw] = u
        if self._watch:
            self._watch(self.plan.draw, candidates.rows())
        return candidates.id_at(place), u

    def _warn(self) -> None:
        note = "the model computed logits that are no numbers; they count as removed"
        if note not in self.warnings:
            self.warnings.append(note)

    def _bypass(self, stage: CustomStage, fault: Problem) -> None:
        if fault.key not in {known.key for known in self.faults}:
            self.faults.append(fault)
        for place in [at for at in self._live if self._stages[at] is stage]:
            self._observer.skip(place)
            self._live.remove(place)
        self._names = self._names_of(self._live)

    def take(self, draw: Draw, token: int) -> Draw:
        """Put a token taken by hand in place of the drawn one; it counts as drawn.

        Returns the same draw, changed. The uniform that was rolled stays rolled.

        Raises:
            UsageError: the id is outside the vocabulary.
        """
        if not 0 <= token < self._vocab.n_vocab:
            raise UsageError(f"Token {token} is outside the vocabulary.")
        if draw is not self._last:
            raise ValueError("only the last draw can be changed")
        draw.token, draw.by_hand = token, True
        recorded = draw.recorded
        if recorded:
            draw.data = self._observer.finish(token, -1, How.AGAIN)
        if isinstance(self._taker, Mirostat):
            self._taker.relearn(token, draw.head.p_raw if recorded else 0.0)
        if recorded and self._grammar:
            draw.allowed = self._grammar.verdicts(draw.ids, self._candidates)
        return draw

    def allows(self, token: int) -> bool:
        """Whether the grammar, where there is one, lets the reply go on with this token."""
        return self._grammar is None or self._grammar.allows(token)

    def accept(self, token: int) -> None:
        """Learn that this token was said."""
        self._history.append(token)
        if not self._learns:
            return
        for stage in self._windowed:
            stage.sampler.accept(token)
        if isinstance(self._taker, Adaptive):
            self._taker.learn(token)
        if self._grammar:
            self._follow(self._grammar, token)

    def _follow(self, grammar: Grammar, token: int) -> None:
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
            draw: made with `record=True`.
            i: 0-based index in the reply.
            piece: bytes of the token.
            text: what the token adds to the decoded text.
            settings_version: which settings were in force.
        """
        return step_of(Written(draw, i, piece, text, settings_version), self._vocab.n_vocab)

    def preview(self, draw: Draw, i: int, piece: bytes = b"") -> Step:
        """The step of a draw that is not taken yet; it can still be recorded, or another taken."""
        return self.record(draw, i, piece)

    def records(self, written: Sequence[Written], *, whole: bool = True) -> list[Step]:
        """The steps of several draws, as `record`; without `whole` none has a record."""
        return [step_of(one, self._vocab.n_vocab, whole=whole) for one in written]

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
        self._history = array("i", history)
        self._memory.restore(state)
        self._builder.rewind(self._history)
        self._dist.close()
        drop, self._dist = self._dist, Dist(self._seed, self._memory.dice("dist"))
        if self._taker is drop:
            self._taker = self._dist
        self._asked = ("", "")
        self.change(self.settings)
        self._allowed = -1
        for token in self._history[len(self._history) - replied :]:
            if self._grammar:
                self._follow(self._grammar, token)

    def close(self) -> None:
        """Free everything of libllama's."""
        self._builder.close()
        if self._taker is not self._dist:
            self._taker.close()
        self._dist.close()
        if self._grammar:
            self._grammar.close()
            self._grammar = None
        self._observer.close()
