"""A JSON schema as a grammar: the language that llama.cpp's `json_schema_to_grammar` gives it.

Keeps true: the grammar lets through what that of `llama-completion -j` does, its weak spots
included, for tokens to be the same; what a schema says and the grammar does not keep is told by
name. Needs no model and no libllama. Whether a grammar can be used at all is `sampling/grammar`'s
business.
"""

from tui.sampling.schema.convert import schema_grammar

__all__ = ["schema_grammar"]
