"""Train the demo model; write `demo.gguf` and the loss curve.

    uv run --with torch --with gguf python -m tui.demo.train

Keeps true: the corpus, the order of the batches and the first weights follow from the seed, and
the number of steps from the flags (from the clock only with `--minutes`). With one thread a run
repeats bit for bit on one machine; other threads or another CPU sum in another order, which changes
the last digits.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tui.demo import MODEL_PATH
from tui.demo.batches import PARTS, Batch, batch, face_ids, odds_table
from tui.demo.curve import draw, read
from tui.demo.export import write_gguf
from tui.demo.network import Network, Shape
from tui.demo.optimiser import Optimiser
from tui.demo.vocabulary import Vocabulary, build

SEED: Final = 7
WARM_UP: Final = 60
STEPS: Final = 8000
TOKENS: Final = 4096
CURVE: Final = Path(__file__).resolve().parents[2] / "docs/images/demo-loss.csv"


def losses(net: Network, hidden: Tensor, now: Batch, table: Tensor, faces: Tensor) -> Tensor:
    """The loss of each learnt token; where a draw is named, against its known odds."""
    picked = hidden.flatten(0, 1)[torch.from_numpy(now.places)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = net.logits(picked)
    logp = F.log_softmax(logits.float(), dim=-1)
    kind = torch.from_numpy(now.odds)
    certain = -logp.gather(1, torch.from_numpy(now.targets)[:, None]).squeeze(1)
    drawn = -(logp[:, faces] * table[kind]).sum(dim=1)
    return torch.where(kind > 0, drawn, certain)


def hidden_of(net: Network, ids: Tensor) -> Tensor:
    """The part of the work that is compiled; matrix products in bf16."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return net.hidden(ids)


class Curve:
    """The loss over the run, of each part, as rows of a CSV file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sums, self.counts = np.zeros(len(PARTS)), np.zeros(len(PARTS))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"step,tokens,all,{','.join(PARTS)}\n", encoding="utf-8")

    def add(self, now: Batch, each: Tensor) -> None:
        """The losses of one batch."""
        self.sums += np.bincount(now.parts, each.detach().numpy(), len(PARTS))
        self.counts += np.bincount(now.parts, minlength=len(PARTS))

    def close_row(self, step: int, tokens: int) -> float:
        """Write what was added since the last row; the mean over all learnt tokens."""
        mean = float(self.sums.sum() / self.counts.sum())
        each = self.sums / np.maximum(self.counts, 1)
        with self.path.open("a", encoding="utf-8") as file:
            numbers = ",".join(f"{value:.4f}" for value in (mean, *each))
            file.write(f"{step},{tokens},{numbers}\n")
        self.sums[:], self.counts[:] = 0, 0
        return mean


class Schedule:
    """Warm up, hold for a tenth, then fall to zero in a straight line."""

    def __init__(self, steps: int, minutes: float) -> None:
        self.steps, self.seconds = steps, minutes * 60
        self.began = time.monotonic()

    def rate(self, step: int) -> float:
        """The learning rate's factor; 0.0 ends the run."""
        done = step / self.steps
        if self.seconds:
            # A busy machine: spread the fall over the time there is.
            done = max(done, (time.monotonic() - self.began) / self.seconds)
        return max(0.0, min(1.0, (step + 1) / WARM_UP, (1 - done) / 0.9))


def train(args: argparse.Namespace, vocabulary: Vocabulary) -> Network:
    """The whole run; returns the trained network."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    net = Network(Shape(vocab=len(vocabulary.tokens)))
    optimiser = Optimiser(net.parameters(), matrix=args.matrix_rate, other=args.other_rate)
    hidden: Any = torch.compile(hidden_of, dynamic=False) if args.compile else hidden_of
    table, faces = torch.from_numpy(odds_table()), torch.tensor(face_ids(vocabulary))
    schedule, curve = Schedule(args.steps, args.minutes), Curve(args.curve)
    began, last, step = time.monotonic(), 0.0, 0
    while rate := schedule.rate(step):
        now = batch(args.seed, step, vocabulary, args.tokens)
        each = losses(net, hidden(net, torch.from_numpy(now.ids)), now, table, faces)
        weights = torch.from_numpy(now.weights)
        ((each * weights).sum() / weights.sum()).backward()
        optimiser.step(rate)
        curve.add(now, each)
        step += 1
        if step % 50 == 0:
            spent = time.monotonic() - began
            speed, last = 50 * args.tokens / (spent - last), spent
            loss = curve.close_row(step, step * args.tokens)
            print(f"{step:6} loss {loss:.4f}  {spent:7.0f} s  {speed:7.0f} tokens/s", flush=True)
        if args.snapshots and step % 250 == 0:
            write_gguf(net, vocabulary, args.snapshots / f"step-{step}.gguf")
    if step % 50:
        curve.close_row(step, step * args.tokens)
    print(f"{step} steps")
    return net


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the demo model.")
    parser.add_argument("--out", type=Path, default=MODEL_PATH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, default=0, help="end by then, whatever the step")
    parser.add_argument("--curve", type=Path, default=CURVE, help="CSV file of the loss curve")
    parser.add_argument("--tokens", type=int, default=TOKENS, help="tokens in a batch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--matrix-rate", type=float, default=0.02)
    parser.add_argument("--other-rate", type=float, default=0.004)
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--snapshots", type=Path, help="a folder for a GGUF every 250 steps")
    args = parser.parse_args()
    vocabulary = build()
    net = train(args, vocabulary)
    write_gguf(net, vocabulary, args.out)
    args.curve.with_suffix(".svg").write_text(draw(*read(args.curve)), encoding="utf-8")
    print(f"wrote {args.out} ({args.out.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
