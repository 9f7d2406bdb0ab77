"""From a plan to stages.

Keeps true: a stage whose values did not change is the same object as before, so that a change of
one value costs nothing elsewhere (DRY reads its breakers against the whole vocabulary). Which
stages run is `core.plan`'s decision alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tui.core.definitions.reshape import COLD
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.settings import Settings
from tui.sampling import library
from tui.sampling.custom import CustomStage, values_of
from tui.sampling.memory import Memory
from tui.sampling.stage import DynamicTemperature, Plain, Stage, TailFree, Typical, Windowed, Xtc
from tui.sampling.vocab import Vocab


class Builder:
    """Makes stages, and keeps those that are in use by their values."""

    def __init__(self, vocab: Vocab, memory: Memory, own: Mapping[str, OwnSampler]) -> None:
        self._vocab, self._memory, self._own = vocab, memory, own
        self._made: dict[tuple[Any, ...], Stage] = {}

    def build(
        self, names: Sequence[str], settings: Settings, history: Sequence[int]
    ) -> list[Stage]:
        """The stages of `names`, in order; those no longer needed are freed."""
        before, self._made = self._made, {}
        stages = []
        for place, name in enumerate(names):
            key = self._key(name, names[:place].count(name), settings)
            if key not in self._made:
                kept = key in before
                self._made[key] = before.pop(key) if kept else self._make(key, settings, history)
            stages.append(self._made[key])
        for stage in before.values():
            _close(stage)
        return stages

    def windowed(self) -> list[Windowed]:
        """The stages that learn every token, each once."""
        return [stage for stage in self._made.values() if isinstance(stage, Windowed)]

    def rewind(self, history: Sequence[int]) -> None:
        """Let every stage go on from this history and from what the memory now holds."""
        for stage in self._made.values():
            if isinstance(stage, Windowed):
                stage.rewind(history)
            elif isinstance(stage, Xtc):
                stage.dice = self._memory.dice(stage.key)

    def close(self) -> None:
        """Free everything."""
        for stage in self._made.values():
            _close(stage)
        self._made = {}

    def _key(self, name: str, nth: int, s: Settings) -> tuple[Any, ...]:
        """What makes a stage another one: its name and the values that it is made with."""
        match name:
            case "penalties":
                penalties = s.repeat_penalty, s.frequency_penalty, s.presence_penalty
                return name, s.repeat_last_n, *penalties
            case "dry":
                values = s.dry_multiplier, s.dry_base, s.dry_allowed_length, s.dry_penalty_last_n
                return name, *values, s.dry_sequence_breakers
            case "top_n_sigma":
                return name, s.top_n_sigma
            case "top_k":
                return name, s.top_k
            case "tfs_z":
                return name, s.tfs_z, s.min_keep
            case "typ_p":
                return name, s.typical_p, s.min_keep
            case "top_p":
                return name, s.top_p, s.min_keep
            case "min_p":
                return name, s.min_p, s.min_keep
            case "xtc":
                return name, nth, s.xtc_probability, s.xtc_threshold, s.min_keep
            case "temperature":
                cold = 0.0 if s.temperature < COLD else s.temperature
                return name, cold, 0.0 if s.mirostat else s.dynatemp_range, s.dynatemp_exponent
        return name, *sorted(values_of(name, self._own, s.custom).items())

    def _make(self, key: tuple[Any, ...], s: Settings, history: Sequence[int]) -> Stage:
        name, n_vocab = key[0], self._vocab.n_vocab
        match name:
            case "penalties":
                sampler = library.penalties(n_vocab, *key[1:])
                return Windowed(name, sampler, s.repeat_last_n, history)
            case "dry":
                sampler = library.dry(self._vocab.handle, *key[1:])
                return Windowed(name, sampler, s.dry_penalty_last_n, history)
            case "top_n_sigma":
                return Plain(name, library.top_n_sigma(s.top_n_sigma))
            case "top_k":
                return Plain(name, library.top_k(min(s.top_k, n_vocab)))
            case "tfs_z":
                return TailFree(s.tfs_z, s.min_keep)
            case "typ_p":
                return Typical(library.typical(s.typical_p, s.min_keep))
            case "top_p":
                return Plain(name, library.top_p(s.top_p, s.min_keep))
            case "min_p":
                return Plain(name, library.min_p(s.min_p, s.min_keep))
            case "xtc":
                own = name if not key[1] else f"{name}.{key[1] + 1}"
                sampler = library.xtc(1.0, s.xtc_threshold, s.min_keep, 0)
                return Xtc(sampler, s.xtc_probability, self._memory.dice(own), own)
            case "temperature":
                _, t, spread, exponent = key
                if spread <= 0.0:
                    return Plain(name, library.temperature(t))
                return DynamicTemperature(library.temperature_ext(t, spread, exponent))
        return CustomStage(name, self._own.get(name.removeprefix(PREFIX)), dict(key[1:]))


def _close(stage: Any) -> None:
    parts: list[Any] = [stage, getattr(stage, "sampler", None)]
    for part in parts:
        if hasattr(part, "close"):
            part.close()
