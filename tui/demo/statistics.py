"""Count the corpus: `python -m tui.demo.statistics [BATCHES]`, in Markdown.

Keeps true: what is counted are the very batches that training sees, from its seed and in its order.
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random
from typing import Final

from tui.demo.batches import PARTS, batch
from tui.demo.corpus import SPEAKERS, allowed
from tui.demo.js_console import Console
from tui.demo.vocabulary import END, build

SEED: Final = 7
TOKENS: Final = 4096
QUESTIONS: Final = 20_000


def count_batches(count: int) -> None:
    """Print what each part has of the first batches."""
    vocabulary = build()
    ends, learnt, lengths = (Counter[str]() for _ in range(3))
    weights = dict.fromkeys(PARTS, 0.0)
    closing = vocabulary.ids[END]
    for number in range(count):
        now = batch(SEED, number, vocabulary, TOKENS)
        lengths[str(now.ids.shape[1])] += now.ids.size
        for part, target, weight in zip(now.parts, now.targets, now.weights, strict=True):
            learnt[PARTS[part]] += 1
            weights[PARTS[part]] += float(weight)
            ends[PARTS[part]] += int(target == closing)
    whole = sum(lengths.values())
    print(f"{count} batches, {whole:,} tokens, {sum(learnt.values()) / whole:.1%} of them learnt; ")
    print(", ".join(f"{lengths[n] / whole:.0%} in rows of {n}" for n in sorted(lengths, key=int)))
    print("\n| part | replies | learnt tokens | share of the loss |\n|---|---:|---:|---:|")
    for part in PARTS:
        share = weights[part] / sum(weights.values())
        print(f"| {part} | {ends[part]:,} | {learnt[part]:,} | {share:.1%} |")


def count_questions() -> None:
    """Print how the console's questions divide, and how many are different."""
    rng, kinds, different, held_out = Random(SEED), Counter[str](), set[str](), 0
    for i in range(QUESTIONS):
        if i % 12 == 0:
            console = Console(rng)
        turn = console.ask()
        kinds[turn.kind] += 1
        different.add(turn.said)
        held_out += turn.held_out
    print(f"\nOf {QUESTIONS:,} console questions {len(different):,} are different", end=" ")
    print(f"and {held_out / QUESTIONS:.1%} are held out.\n\n| kind | share |\n|---|---:|")
    for kind, times in kinds.most_common():
        print(f"| {kind} | {times / QUESTIONS:.1%} |")


def count_replies() -> None:
    """Print how varied the other parts are."""
    print("\n| 2,000 turns of | different prompts | different replies |\n|---|---:|---:|")
    for name in PARTS:
        if name in ("js-console", "nobody"):
            continue
        rng, said, replied = Random(SEED), set[str](), set[str]()
        speaker = SPEAKERS[name](rng)
        for i in range(2000):
            if i % 10 == 0:
                speaker = SPEAKERS[name](rng)
            turn = allowed(speaker.ask)
            said.add(turn.said)
            replied.add(turn.text)
        print(f"| {name} | {len(said):,} | {len(replied):,} |")


def main() -> None:
    """The command line."""
    count_batches(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    count_questions()
    count_replies()


if __name__ == "__main__":
    main()
