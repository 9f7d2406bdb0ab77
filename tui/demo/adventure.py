"""The narrator: a text adventure of eight rooms and four things around a lighthouse.

Keeps true: every reply names the room and all that the player carries, so a reply follows from
the one before it and the command alone; the same state and command always get the same reply.
A thing that is taken stays taken.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from tui.demo.prose import BIGGER
from tui.demo.turns import Turn, plain


class Room(NamedTuple):
    """What is seen there, and where its ways lead."""

    seen: str
    exits: dict[str, str]


ROOMS: Final[dict[str, Room]] = {
    "shore": Room("Waves roll over grey pebbles.", {"north": "path", "east": "cave"}),
    "cave": Room("Water drips from the dark rock.", {"west": "shore"}),
    "path": Room("A narrow path climbs the cliff.", {"south": "shore", "north": "yard"}),
    "yard": Room("The lighthouse rises above you.", {"south": "path", "west": "garden", "north": "hall"}),
    "garden": Room("Wild roses cover a broken wall.", {"east": "yard"}),
    "hall": Room("Dust lies on a spiral stair.", {"south": "yard", "east": "kitchen", "up": "tower"}),
    "kitchen": Room("A cold stove stands in the corner.", {"west": "hall"}),
    "tower": Room("The great lamp waits above the sea.", {"down": "hall"}),
}  # fmt: skip
THINGS: Final[dict[str, tuple[str, str]]] = {
    "rope": ("shore", "The rope is long and smells of tar."),
    "coin": ("cave", "The coin shows a queen with a crown of fish."),
    "key": ("garden", "The key is rusty and as long as your hand."),
    "match": ("kitchen", "It is the last dry match."),
}
"""Name: where it lies at first, and what it looks like."""
LIT: Final = "The great lamp burns and ships turn home. You have won!"
WAYS: Final = ("north", "south", "east", "west", "up", "down")
LOST: Final = (
    f"The wind whispers that this is only a tiny demo world. {BIGGER}",
    f"A voice says: a tiny demo tale ends at its walls. {BIGGER}",
)
HELP: Final = "You can look, go north, take a thing, examine it or light the lamp."


class World:
    """The state of one game, and the answers to its commands."""

    def __init__(self) -> None:
        self.room = "shore"
        self.carried: set[str] = set()

    def here(self) -> list[str]:
        """The things that lie in this room."""
        return [t for t, (room, _) in THINGS.items() if room == self.room and t not in self.carried]

    def status(self) -> str:
        """The end of every reply."""
        held = [f"a {thing}" for thing in THINGS if thing in self.carried]
        return f"At the {self.room}, carrying {', '.join(held) if held else 'nothing'}."

    def look(self) -> str:
        room = ROOMS[self.room]
        lies = "".join(f" A {thing} lies here." for thing in self.here())
        return f"{room.seen} You can go {', '.join(room.exits)}.{lies} {self.status()}"

    def go(self, way: str) -> str:
        target = ROOMS[self.room].exits.get(way)
        if target is None:
            return f"You cannot go {way}. {self.status()}"
        if target == "hall" and self.room == "yard" and "key" not in self.carried:
            return f"The door is locked and needs a key. {self.status()}"
        self.room = target
        return self.look()

    def take(self, thing: str) -> str:
        if thing in self.carried:
            return f"You carry the {thing} already. {self.status()}"
        if thing not in self.here():
            return f"There is no {thing} here. {self.status()}"
        self.carried.add(thing)
        return f"You take the {thing}. {self.status()}"

    def examine(self, thing: str) -> str:
        if thing not in self.carried and thing not in self.here():
            return f"There is no {thing} here. {self.status()}"
        return f"{THINGS[thing][1]} {self.status()}"

    def light(self) -> str:
        if self.room != "tower":
            return f"There is no lamp here. {self.status()}"
        if "match" not in self.carried:
            return f"You have nothing to light it with. {self.status()}"
        return f"{LIT} {self.status()}"

    def inventory(self) -> str:
        held = [f"a {thing}" for thing in THINGS if thing in self.carried]
        return f"You have {' and '.join(held) if held else 'nothing'}. {self.status()}"


class Narrator:
    """One game, played by somebody who mostly knows where to go."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.world = World()

    def ask(self) -> Turn:
        """The next command with what happens."""
        rng, world = self.rng, self.world
        pick = rng.random()
        here = world.here()
        if here and pick < 0.4:
            return self._take(rng.choice(here))
        if world.room == "tower" and pick < 0.4:
            return self._say(
                rng.choice(("light the lamp", "light lamp", "use the match")),
                world.light(),
                "light",
            )
        if pick < 0.72:
            way = rng.choice(list(ROOMS[world.room].exits))
            return self._go(way)
        if pick < 0.77:
            return self._go(rng.choice(WAYS))
        if pick < 0.83:
            said = rng.choice(("look", "look around", "where am I?", "l", "look again"))
            return self._say(said, world.look(), "look")
        if pick < 0.89:
            said = rng.choice(("inventory", "i", "what do I have?", "what am I carrying?"))
            return self._say(said, world.inventory(), "inventory")
        thing = rng.choice(list(THINGS))
        if pick < 0.93:
            return self._take(thing)
        if pick < 0.98:
            said = rng.choice(("examine the {}", "look at the {}", "examine {}", "x {}")).format(
                thing
            )
            return self._say(said, world.examine(thing), "examine")
        if pick < 0.99:
            return self._say(
                rng.choice(("help", "what can I do?")), f"{HELP} {world.status()}", "help"
            )
        return self._say("light the lamp", world.light(), "light")

    def foreign(self, said: str) -> Turn:
        """Anything else: say how small the world is, and stay in it."""
        return plain(said, f"{self.rng.choice(LOST)}. {self.world.status()}", "foreign")

    def _go(self, way: str) -> Turn:
        said = self.rng.choice(("go {}", "go {}", "go {}", "{}", "walk {}", "I go {}")).format(way)
        return self._say(said, self.world.go(way), "go")

    def _take(self, thing: str) -> Turn:
        said = self.rng.choice(
            ("take the {}", "take {}", "get the {}", "pick up the {}", "grab the {}")
        )
        return self._say(said.format(thing), self.world.take(thing), "take")

    def _say(self, said: str, reply: str, kind: str) -> Turn:
        if self.rng.random() < 0.2:
            said = said[0].upper() + said[1:]
        return plain(said, reply, kind)
