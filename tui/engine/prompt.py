"""From a conversation to the ids of its prompt.

Keeps true: the ids of earlier replies are those that the model made; text that a person or a persona
wrote is inert, whatever control tokens it spells; everything that was done to fit a template is in
the notes. A prompt is tokenised whole where it can be, and cut only around what must stay itself:
the template is rendered a second time with marks in place of the texts, which shows where each one
stands. Evaluates nothing.
"""

import datetime
import re
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from tui.core.messages import Turn
from tui.core.score import TEMPLATE
from tui.core.text import IncrementalText, one_line
from tui.engine.arrange import Entries, Entry, Part, arrangements
from tui.engine.owner import Chunk, located
from tui.engine.template import MAX_CPU_S, Template, TemplateProblem
from tui.engine.tokenizer import Tokenizer

PLAIN: Final = (
    "{% for message in messages %}{% if message.role == 'system' %}{{ message.content | trim }}\n\n"
    "{% else %}{{ 'User' if message.role == 'user' else 'Assistant' }}: "
    "{{ message.content | trim }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}"
)
"""For a model without a chat template: names before the lines."""
CHOSEN_PLAIN: Final = "plain"
"""In place of a template's text: `PLAIN` is wanted."""
PLAIN_STOP: Final = "\nUser:"
"""Where a reply under `PLAIN` ends."""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt that can be evaluated."""

    ids: tuple[int, ...]
    notes: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    """Texts that end a reply because of how the prompt is written."""
    chunks: tuple[Chunk, ...] = ()
    """Whose the ids are, for `owner.owners`."""

    def exactly(self, ids: tuple[int, ...]) -> "Prompt":
        """With these ids, which are known, in place of the rendered ones."""
        return msgspec.structs.replace(self, ids=ids)


class _Layout(msgspec.Struct, frozen=True):
    """A rendered conversation: the template's text between the parts, in order."""

    text: tuple[str, ...]
    """One more than parts."""
    parts: tuple[Part, ...]
    entries: Entries
    exact: bool
    """Whether joining both gives what the template makes of the real texts."""
    whole: str
    """What it makes of them."""


class Prompter:
    """Makes the prompts of one model.

    Args:
        tokenizer: of the model.
        source: its chat template; empty for none, `plain` for the plain one.
        now: the date that a template may ask for.
    """

    def __init__(self, tokenizer: Tokenizer, source: str, now: datetime.datetime) -> None:
        self._tokenizer = tokenizer
        self._note = ""
        self._plain = Template(PLAIN, bos="", eos="", now=now)
        self._template = self._plain
        if source == CHOSEN_PLAIN:
            return
        if not source:
            self._note = "the model has no chat template: a plain one was used"
            return
        try:
            self._template = Template(
                source, bos=tokenizer.bos_text, eos=tokenizer.eos_text, now=now
            )
        except TemplateProblem as problem:
            self._note = _useless(problem)

    def raw(self, text: str, *, special_input: bool) -> Prompt:
        """The text as it is, with the model's own begin token, as `llama-completion -no-cnv` does.

        Without `special_input` control-token texts stay text.
        """
        return Prompt(ids=tuple(self._tokenizer.encode_whole(text, special=special_input)))

    def conversation(self, turns: Sequence[Turn], *, special_input: bool) -> Prompt:
        """The turns through the template; a last one of `assistant` is continued."""
        said = list(turns)
        tail = said.pop() if said and said[-1].role == "assistant" else None
        entries = tuple(
            Entry(t.role, (Part(t.text, self._ids(t.ids), n),)) for n, t in enumerate(said)
        )
        template, layout, notes = self._fit(entries)
        notes = [self._note, *notes] if self._note else notes
        ids, chunks = self._encode(template, layout, special_input, notes)
        if tail is not None:
            last = Part(tail.text, self._ids(tail.ids))
            if template is self._plain and tail.text and not (tail.ids or tail.text[0].isspace()):
                last = Part(f" {tail.text}")
            more = self._part(ids, last, special_input)
            ids += more
            chunks.append(Chunk(len(more), ((last.text, len(said)),)))
        stop = (PLAIN_STOP,) if template is self._plain else ()
        return Prompt(ids=tuple(ids), notes=tuple(notes), stop=stop, chunks=tuple(chunks))

    # --- the template -----------------------------------------------------------------------------

    def _fit(self, entries: Entries) -> tuple[Template, _Layout, list[str]]:
        """The first arrangement that the template takes whole, or the plain template.

        Once the template has had the time of one rendering, no other arrangement is tried.
        """
        refused: TemplateProblem | None = None
        begun_s = time.process_time()
        for arranged, notes in arrangements(entries):
            if refused and time.process_time() - begun_s >= MAX_CPU_S:
                break
            try:
                return self._template, _lay_out(self._template, arranged), list(notes)
            except TemplateProblem as problem:
                refused = refused or problem
        note = _useless(refused) if refused else ""
        return self._plain, _lay_out(self._plain, entries), [note]

    # --- tokens -----------------------------------------------------------------------------------

    def _encode(
        self, template: Template, layout: _Layout, special_input: bool, notes: list[str]
    ) -> tuple[list[int], list[Chunk]]:
        tokenizer = self._tokenizer
        if not layout.exact:
            notes.append("the template rewrites messages: earlier replies were tokenised again")
            text = layout.whole
            parts = [part for entry in layout.entries for part in entry.parts]
            texts = [part.text for part in parts]
            broken = [tokenizer.break_control(text) for text in texts]
            if broken != texts and not special_input:
                notes.append("control tokens in messages were broken by an invisible character")
                text = _render(template, layout.entries, broken)
            layout = _Layout((text,), (), (), True, text)
            ids, chunks = self._join(layout, special_input)
            said = [(said, part.turn) for said, part in zip(broken, parts, strict=True)]
            return ids, [*chunks[:-1], Chunk(chunks[-1].count, located(text, said))]
        return self._join(layout, special_input)

    def _join(self, layout: _Layout, special_input: bool) -> tuple[list[int], list[Chunk]]:
        tokenizer = self._tokenizer
        ids = [tokenizer.bos] if tokenizer.add_bos else []
        chunks = [Chunk(len(ids), (("", TEMPLATE),))]
        first = layout.text[0]
        if ids and tokenizer.bos_text:
            first = first.removeprefix(tokenizer.bos_text)
        apart = self._apart(first, layout, special_input)
        pending = [(first, TEMPLATE)]

        def flush() -> None:
            text = "".join(said for said, _ in pending)
            more = tokenizer.encode_after(ids, text, special=True)
            ids.extend(more)
            chunks.append(Chunk(len(more), tuple(pending)))

        for part, after, own in zip(layout.parts, layout.text[1:], apart, strict=True):
            if own:
                flush()
                more = self._part(ids, part, special_input)
                ids += more
                chunks.append(Chunk(len(more), ((part.text, part.turn),)))
                pending = [(after, TEMPLATE)]
            else:
                pending += [(part.text, part.turn), (after, TEMPLATE)]
        flush()
        return ids, chunks

    def _apart(self, first: str, layout: _Layout, special_input: bool) -> list[bool]:
        """Which parts cannot be tokenised with the text around them."""
        found = self._tokenizer.control_texts
        apart = [
            bool(part.ids) or (not special_input and bool(found(part.text)))
            for part in layout.parts
        ]
        merged, own = first, len(found(first))
        for part, after, alone in zip(layout.parts, layout.text[1:], apart, strict=True):
            merged += ("\0" if alone else part.text) + after
            own += len(found(after))
        # A text can also make a control token together with what stands beside it.
        if not special_input and len(found(merged)) != own:
            return [True] * len(apart)
        return apart

    def _part(self, before: list[int], part: Part, special_input: bool) -> list[int]:
        """A part's own ids as far as they spell its text, then the rest of the text."""
        if not part.ids:
            return self._tokenizer.encode_after(before, part.text, special=special_input)
        decoder = IncrementalText()
        spelled, kept, at = "", 0, 0
        for place, token in enumerate(part.ids, 1):
            spelled += decoder.feed(self._tokenizer.piece(token))
            if not part.text.startswith(spelled):
                break
            kept, at = place, len(spelled)
        ids = list(part.ids[:kept])
        rest = part.text[at:]
        if kept == len(part.ids) and rest == decoder.finish():
            return ids
        return ids + self._tokenizer.encode_after(before + ids, rest, special=special_input)

    def _ids(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        """Ids of a reply without the tokens that ended it; the template writes its own.

        A reply that was continued after its end has such a token in the middle too.
        """
        inside = all(0 <= token < self._tokenizer.n_vocab for token in ids)
        eog = self._tokenizer.eog
        return tuple(token for token in ids if token not in eog) if inside else ()


def _useless(problem: TemplateProblem) -> str:
    return f"the chat template cannot be used ({one_line(str(problem), 120)}): a plain one was used"


def _lay_out(template: Template, entries: Entries) -> _Layout:
    """Render, and find where each part stands.

    Raises:
        TemplateProblem: the template refuses the entries or leaves something out.
    """
    parts = [part for entry in entries for part in entry.parts]
    whole = _render(template, entries, [part.text for part in parts])
    taken = whole + template.source
    left, right = (next(c for c in map(chr, start) if c not in taken) for start in _PRIVATE)
    marks = [f"{left}{number}{right}" for number in range(len(parts))]
    marked = _render(template, entries, marks)
    cut = re.split(f"{left}(\\d+){right}", marked)
    text, order = cut[::2], [int(number) for number in cut[1::2]]
    lost = sorted(set(range(len(parts))) - set(order))
    if lost:
        roles = [entry.role for entry in entries for _ in entry.parts]
        raise TemplateProblem(f"it leaves out what the {roles[lost[0]]} says")
    found = tuple(parts[number] for number in order)
    once = len(order) == len(parts)
    for strip in (False, True):
        trimmed = tuple(_trimmed(part) if strip else part for part in found)
        joined = text[0] + "".join(p.text + t for p, t in zip(trimmed, text[1:], strict=True))
        if once and joined == whole:
            if strip:
                text = [_without_lead(t, p) for t, p in zip(text, found, strict=False)] + text[-1:]
                trimmed = tuple(p if p.ids else t for p, t in zip(found, trimmed, strict=True))
            return _Layout(tuple(text), trimmed, entries, True, whole)
    return _Layout(tuple(text), found, entries, False, whole)


_PRIVATE: Final = (range(0xE000, 0xF000), range(0xF000, 0xF8FF))


def _render(template: Template, entries: Entries, texts: Sequence[str]) -> str:
    given = iter(texts)
    messages = [
        {"role": e.role, "content": e.content([next(given) for _ in e.parts])} for e in entries
    ]
    return template.render(messages, reply=True)


def _trimmed(part: Part) -> Part:
    return Part(part.text.strip(), part.ids, part.turn)


def _without_lead(text: str, part: Part) -> str:
    """The template's text before a reply, less the blank that the reply itself begins with."""
    lead = part.text[: len(part.text) - len(part.text.lstrip())]
    return text.removesuffix(lead) if part.ids and lead else text
