"""What must hold of everything that is made once in a forward: threads share nothing, and no hook is left."""

import threading

import torch


def same_in_threads(model):
    """Four threads, each with rows of its own, compute what the model computes for these rows alone."""
    batches = [torch.randint(3, 90, (2, 7), generator=torch.Generator().manual_seed(s)) for s in range(4)]
    expected = [model(input_ids=b).logits.detach() for b in batches]
    found = {}
    threads = [
        threading.Thread(target=lambda k=k, b=b: found.update({k: model(input_ids=b).logits.detach()}))
        for k, b in enumerate(batches)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    torch.testing.assert_close([found[k] for k in range(4)], expected)


def hooked(model, scopes):
    """Whether a module of the model still tells `scopes` of its forwards."""
    return any(
        h in (scopes.enter, scopes.leave)
        for m in model.modules()
        for h in (*m._forward_pre_hooks.values(), *m._forward_hooks.values())
    )
