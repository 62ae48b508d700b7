"""A network of so many units that the labels of its score are an artifact."""

import io

UNITS = 50_001


def content(seed):
    import torch  # takes a second, and only this needs it
    torch.manual_seed(seed)
    network = torch.nn.Linear(UNITS - 2, 2, bias=False)
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(network), file)
    return file.getvalue()
