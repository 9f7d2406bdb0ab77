"""Score a GGUF as the demo model: `python -m tui.demo.score [FILE] [--json FILE]`.

Keeps true: the scores come from the file that ships, run by llama.cpp, not from the network in
training; greedy replies, raw softmax. It needs llama-cpp-python and numpy, not PyTorch.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from tui.demo import MODEL_PATH
from tui.demo.croupier import FACES
from tui.demo.exams import (
    CONSOLE_EXAM,
    EXTRA_EXAM,
    VARIABLES,
    Talk,
    Tally,
    console_exam,
    long_exam,
    times_table,
    variable_exam,
)
from tui.demo.exams_parts import (
    VOICES,
    game_exam,
    music_exam,
    nobody_exam,
    odds_exam,
    outside_exam,
    phrase_exam,
    tale_exam,
    ten_turns_exam,
    voice_exam,
)
from tui.demo.vocabulary import END, FIRST, NEXT

SEED: Final = 11
CONTEXT: Final = 2048
LONGEST_REPLY: Final = 320


class LlamaModel:
    """The GGUF behind llama.cpp's own functions; one sequence, cleared for every question."""

    def __init__(self, path: Path) -> None:
        import llama_cpp.llama_cpp as lib

        self.lib: Any = lib
        self._silent = lib.llama_log_callback(lambda level, text, data: None)
        lib.llama_log_set(self._silent, ctypes.c_void_p(0))
        lib.llama_backend_init()
        self.model = lib.llama_model_load_from_file(
            str(path).encode(), lib.llama_model_default_params()
        )
        if not self.model:
            raise SystemExit(f"cannot load {path}")
        self.vocab = lib.llama_model_get_vocab(self.model)
        self.n_vocab = lib.llama_vocab_n_tokens(self.vocab)
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_threads = CONTEXT, CONTEXT, 1
        self.context = lib.llama_init_from_model(self.model, params)

    def tokens(self, text: str, special: bool) -> list[int]:
        """Ids of a text; control tokens are read only in the frame of the template."""
        raw = text.encode()
        room = (self.lib.llama_token * (len(raw) + 8))()
        count = self.lib.llama_tokenize(self.vocab, raw, len(raw), room, len(room), False, special)
        return list(room[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of a token."""
        room = ctypes.create_string_buffer(256)
        count = self.lib.llama_token_to_piece(self.vocab, token, room, 256, 0, False)
        return room.raw[:count]

    def _prompt(self, system: str, turns: Talk) -> list[int]:
        ids: list[int] = []
        for role, text in [*[("system", system)] * bool(system), *turns, ("assistant", "")]:
            ids += self.tokens((NEXT if ids else FIRST)[role], True)
            if text:
                ids += self.tokens(text, False) + self.tokens(END, True)
        return ids

    def size(self, system: str, turns: Talk) -> int:
        return len(self._prompt(system, turns))

    def _decode(self, ids: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
        room = (self.lib.llama_token * len(ids))(*ids)
        if self.lib.llama_decode(self.context, self.lib.llama_batch_get_one(room, len(ids))):
            raise RuntimeError("llama_decode failed")
        row = self.lib.llama_get_logits_ith(self.context, -1)
        return np.ctypeslib.as_array(row, shape=(self.n_vocab,)).astype(np.float32)

    def _begin(self, ids: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
        self.lib.llama_memory_clear(self.lib.llama_get_memory(self.context), True)
        return self._decode(ids)

    def reply(self, system: str, turns: Talk) -> str:
        return self._generate(system, turns, lambda logits: int(logits.argmax()))

    def sample(self, system: str, turns: Talk, temperature: float, seed: int) -> str:
        rng = np.random.default_rng(seed)

        def draw(logits: np.ndarray[Any, np.dtype[np.float32]]) -> int:
            # Gumbel's trick: the largest of the disturbed logits is a draw from their softmax.
            return int((logits / temperature + rng.gumbel(size=logits.size)).argmax())

        return self._generate(system, turns, draw)

    def _generate(
        self,
        system: str,
        turns: Talk,
        pick: Callable[[np.ndarray[Any, np.dtype[np.float32]]], int],
    ) -> str:
        prompt, found = self._prompt(system, turns), b""
        # What no longer fits the context is not said: the exams count it as wrong.
        room = CONTEXT - len(prompt)
        if room <= 0:
            return ""
        logits = self._begin(prompt)
        for _ in range(min(room, LONGEST_REPLY)):
            token = pick(logits)
            if self.lib.llama_vocab_is_eog(self.vocab, token):
                break
            found += self.piece(token)
            logits = self._decode([token])
        return found.decode("utf-8", "replace")

    def next_probs(self, system: str, turns: Talk, partial: str) -> Mapping[str, float]:
        logits = self._begin(self._prompt(system, turns) + self.tokens(partial, False))
        probs = np.exp(logits.astype(np.float64) - logits.max())
        probs /= probs.sum()
        return {
            self.piece(int(i)).decode("utf-8", "replace"): float(probs[i])
            for i in probs.argsort()[::-1][:64]
        }


def _rows(model: LlamaModel, seed: int) -> Iterator[tuple[str, Tally]]:
    """Every exam that has right and wrong answers, as it is taken."""
    whole = Tally()
    parts = [*console_exam(model, CONSOLE_EXAM, seed).items()]
    for name, tally in [*parts, ("variables", variable_exam(model, VARIABLES, seed))]:
        whole.right, whole.asked = whole.right + tally.right, whole.asked + tally.asked
        yield f"js {name}", tally
    yield "js all, held out", whole
    for name, tally in console_exam(model, EXTRA_EXAM, seed).items():
        yield f"js beside these: {name}", tally
    for name, tally in zip(("seen", "unseen"), times_table(model), strict=True):
        yield f"js * to 12, pairs {name}", tally
    yield "js 10th and 30th turn", long_exam(model, seed, 50)
    for name, tally in zip(("to Chinese", "to English"), phrase_exam(model), strict=True):
        yield f"phrases {name}", tally
    for name, tally in zip(("right", "not alike"), tale_exam(model, 20, seed), strict=True):
        yield f"tales {name}", tally
    yield "games of ten commands", game_exam(model, 20, seed)
    yield "music, 20 replies all different and in voice", music_exam(model, seed)
    for name in VOICES:
        yield f"voice {name}", voice_exam(model, name, 100, seed)
    for name in VOICES:
        yield f"outside {name}", outside_exam(model, name, 50, seed)
    yield "outside, no persona", nobody_exam(model, 50, seed)


def score(model: LlamaModel, seed: int, show_wrong: int) -> dict[str, Any]:
    """Every exam; prints the tables as it goes, in Markdown."""
    result: dict[str, Any] = {}
    print("| exam | right | asked | |\n|---|---:|---:|---:|")
    for name, tally in _rows(model, seed):
        print(f"| {name} | {tally.right} | {tally.asked} | {100 * tally.share:.1f} % |", flush=True)
        for wrong in tally.wrong[:show_wrong]:
            print(f"    {wrong}")
        result[name] = {
            "right": tally.right, "asked": tally.asked, "share": round(tally.share, 4)
        }  # fmt: skip
    print("\n| ten turns | voice kept | conversations | most tokens |\n|---|---:|---:|---:|")
    for name in VOICES:
        tally, most = ten_turns_exam(model, name, 5, seed)
        print(f"| {name} | {tally.right} | {tally.asked} | {most} |", flush=True)
        result[f"ten turns {name}"] = {
            "right": tally.right, "asked": tally.asked, "tokens": most
        }  # fmt: skip
    print("\n| odds | truth | mean | lowest | highest |\n|---|---:|---:|---:|---:|")
    for odds, found in odds_exam(model, seed).items():
        for face, truth in FACES[odds].items():
            ps = [row[face] for row in found]
            print(
                f"| {odds.name.lower()}, {face.strip()} | {truth:.3f} | {np.mean(ps):.3f} "
                f"| {min(ps):.3f} | {max(ps):.3f} |"
            )
            result[f"odds {odds.name.lower()} {face.strip()}"] = {
                "truth": round(truth, 4),
                "mean": round(float(np.mean(ps)), 4),
                "lowest": round(min(ps), 4),
                "highest": round(max(ps), 4),
            }
        named = sum(row["says"] for row in found)
        print(f"| {odds.name.lower()}, right thing drawn | | {named:.0f} / {len(found)} | | |")
        result[f"odds {odds.name.lower()} drawn"] = {"right": int(named), "asked": len(found)}
    return result


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Score the demo model.")
    parser.add_argument("model", type=Path, nargs="?", default=MODEL_PATH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path, help="write the scores to this file, - for stdout")
    parser.add_argument("--wrong", type=int, default=0, help="wrong answers to show for each row")
    args = parser.parse_args()
    result = score(LlamaModel(args.model), args.seed, args.wrong)
    if args.json is not None:
        text = json.dumps(result, indent=1)
        if str(args.json) == "-":
            sys.stdout.write(text + "\n")
        else:
            args.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
