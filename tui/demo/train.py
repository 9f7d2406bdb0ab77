"""Train the demo model and write `demo.gguf`.

    uv run --with torch --with gguf python -m tui.demo.train

Keeps true: the corpus, the order of the batches and the first weights follow from the seed, and
the number of steps from the flags (from the clock only with `--minutes`). Sums in another order
(other threads, another CPU) change the last digits, so a run does not repeat bit for bit.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from tui.demo import MODEL_PATH
from tui.demo.batches import batch, face_ids, odds_table
from tui.demo.export import write_gguf
from tui.demo.network import Network, Shape
from tui.demo.optimiser import Optimiser
from tui.demo.vocabulary import Vocabulary, build

SEED: Final = 7
WARM_UP: Final = 60
STEPS: Final = 2212
TOKENS: Final = 6144


def loss_of(
    net: Network, ids: Tensor, weights: Tensor, odds: Tensor, table: Tensor, faces: Tensor
) -> Tensor:
    """Weighted cross-entropy; where a draw is named, against its known odds."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = net(ids[:, :-1])
    logp = F.log_softmax(logits.float().flatten(0, 1), dim=-1)
    kind = odds.flatten()
    certain = -logp.gather(1, ids[:, 1:].reshape(-1, 1)).squeeze(1)
    drawn = -(logp[:, faces] * table[kind]).sum(dim=1)
    each = torch.where(kind > 0, drawn, certain)
    weight = weights.flatten()
    return (each * weight).sum() / weight.sum()


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
    net = Network(Shape(vocab=len(vocabulary.tokens)))
    optimiser = Optimiser(net.parameters(), matrix=args.matrix_rate, other=args.other_rate)
    compiled: Any = torch.compile(loss_of, dynamic=False) if args.compile else loss_of
    table, faces = torch.from_numpy(odds_table()), torch.tensor(face_ids(vocabulary))
    if args.resume:
        net.load_state_dict(torch.load(args.resume))
    schedule = Schedule(args.steps, args.minutes)
    began, last, smooth, step = time.monotonic(), 0.0, 0.0, args.first
    while rate := schedule.rate(step):
        ids, weights, odds = map(torch.from_numpy, batch(args.seed, step, vocabulary, args.tokens))
        loss = compiled(net, ids, weights, odds, table, faces)
        loss.backward()
        optimiser.step(rate)
        smooth = loss.item() if smooth == 0 else 0.98 * smooth + 0.02 * loss.item()
        step += 1
        if step % 50 == 0:
            spent = time.monotonic() - began
            speed, last = 50 * args.tokens / (spent - last), spent
            print(f"{step:6} loss {smooth:.4f}  {spent:7.0f} s  {speed:7.0f} tokens/s", flush=True)
        if args.snapshots and step % 250 == 0:
            write_gguf(net, vocabulary, args.snapshots / f"step-{step}.gguf")
            torch.save(net.state_dict(), args.snapshots / "last.pt")
    print(f"{step} steps")
    return net


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the demo model.")
    parser.add_argument("--out", type=Path, default=MODEL_PATH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, default=0, help="end by then, whatever the step")
    parser.add_argument("--resume", type=Path, help="begin with these weights ...")
    parser.add_argument("--first", type=int, default=0, help="... at this step")
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
    print(f"wrote {args.out} ({args.out.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
