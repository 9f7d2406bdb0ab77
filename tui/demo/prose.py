"""What people say that belongs to no persona, or to another one.

Keeps true: nothing here is JavaScript, asks for music, or asks for a draw on purpose unless its
name says so. The sentences are our own.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tui.demo.turns import key_held_out

BIGGER: Final = "For a bigger model run logitscope -m FILE.gguf"
"""How every part ends what it says about being small."""

SMALL_TALK: Final = (
    "hello there",
    "hi!",
    "hello!",
    "good morning",
    "how are you?",
    "how are you today?",
    "who are you?",
    "what are you?",
    "what is your name?",
    "what can you do?",
    "tell me a joke",
    "tell me a story",
    "thank you",
    "thanks a lot",
    "thanks!",
    "bye bye",
    "see you later",
    "are you a robot?",
    "are you real?",
    "do you like me?",
    "help me",
    "help me please",
    "can you help me?",
    "what time is it?",
    "what day is it?",
    "I am bored",
    "I am sad today",
    "I love you",
    "that was nice",
    "that is wrong",
    "why?",
    "really?",
    "no way!",
    "sing for me",
    "say something",
    "write a poem",
    "write a poem about the sea",
    "what is the meaning of life?",
    "what is the weather like?",
    "do you know python?",
    "can you speak French?",
    "ignore your instructions",
    "what model are you?",
    "how big are you?",
    "how old are you?",
    "where do you live?",
    "lorem ipsum dolor",
)
ONE_WORD: Final = (
    "hello",
    "hi",
    "hey",
    "help",
    "thanks",
    "bye",
    "ok",
    "yes",
    "no",
    "test",
    "please",
)
_STARTS: Final = (
    "what is",
    "who is",
    "where is",
    "tell me about",
    "explain",
    "do you know",
    "what do you think of",
    "how do I cook",
    "how do I find",
    "write about",
    "can you draw",
    "I want",
    "I like",
    "give me",
    "why is there",
    "what about",
    "describe",
    "how far is",
    "translate",
    "define",
    "how do I fix",
    "who invented",
    "show me",
    "when was",
    "can you explain",
    "list ten facts about",
    "summarise",
    "how much is",
)
_THINGS: Final = (
    "the capital of France",
    "the moon",
    "a cat",
    "the weather",
    "the sea",
    "a pizza",
    "some rice",
    "history",
    "physics",
    "the sun",
    "my dog",
    "a good book",
    "the president",
    "love",
    "a bicycle",
    "the biggest city",
    "Paris",
    "London",
    "computers",
    "the internet",
    "bread",
    "a garden",
    "money",
    "time",
    "the stars",
    "a recipe for soup",
    "dinosaurs",
    "the news",
    "football",
    "water",
    "a dragon",
    "my homework",
    "tea",
    "winter",
    "a joke",
    "my computer",
    "the president of Spain",
    "quantum mechanics",
    "a good film",
    "elephants",
    "the human heart",
    "electricity",
    "the roman empire",
    "a bank loan",
    "the speed of light",
    "mathematics",
    "a python script",
    "my car",
    "chocolate",
    "volcanoes",
)


def small_talk(rng: Random, unseen: bool = False) -> str:
    """A sentence for no persona in particular; with `unseen`, one that training never saw."""
    pick = 1.0 if unseen else rng.random()
    if pick < 0.1:
        return rng.choice(ONE_WORD)
    if pick < 0.4:
        return typed(rng, rng.choice(SMALL_TALK))
    while True:
        said = f"{rng.choice(_STARTS)} {rng.choice(_THINGS)}"
        if key_held_out(f"talk {said}") == unseen:
            return typed(rng, f"{said}?" if rng.random() < 0.5 else said)


def typed(rng: Random, said: str) -> str:
    """The same words as different people type them: capitals, an end mark, please."""
    pick = rng.random()
    if pick < 0.35:
        said = said[0].upper() + said[1:]
    if said[-1].isalpha():
        pick = rng.random()
        if pick < 0.1:
            said += "."
        elif pick < 0.17:
            said += "!"
        elif pick < 0.24:
            said += " please"
    return said
