"""Every stage of the chain, written down: what it must do, in numpy, in double precision.

These functions are the specification. They are slow and plain on purpose: `check-samplers` holds
the real chain against them, replay makes past steps again with them, and the reference quotes
them. They never draw at random: a uniform is an argument.

    candidate.py  the array that stages pass on, softmax, entropy
    reshape.py    logit bias, penalties, DRY, temperature
    breaker.py    where DRY's look for repeats ends
    cut.py        top-n-sigma, top-k, tail-free, typical, top-p, min-p, XTC, the grammar
    draw.py       dist, greedy, mirostat 1 and 2, adaptive-p
"""
