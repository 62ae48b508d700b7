"""The first run of a module, which finds out what each of its operations is."""

import contextlib

import torch
from torch import nn

from judge.leaves import unit_index
from judge.observer import Layer, Observer, Step, tensors_in
from judge.weights import product_of

WITHOUT_CONTENTS = {"zeros_like", "ones_like", "empty_like", "full_like", "new_zeros", "new_ones", "new_empty"}


class Recorder(Observer):
    """Tensors are known by their memory, which views share: weights, and what is computed from weights alone; and what
    carries units."""

    def __init__(self, module, leaves):
        super().__init__([], [])
        self.module = module
        self.leaves = leaves
        self.weights = set()
        self.units = set()
        self.kept = []   # so that no memory is used twice
        self.frozen = 0  # depth of calls of frozen methods
        self.mixing = 0  # and of modules that mix positions
        self.sites = []  # where layers are shared: a layer that is called again at a site has the same units
        for tensor in list(module.parameters()) + list(module.buffers()):
            self.mark(self.weights, tensor)

    def mark(self, kind, tensor):
        self.kept.append(tensor)
        kind.add(tensor.storage().data_ptr())

    def is_weight(self, tensor):
        return tensor.storage().data_ptr() in self.weights

    def carries_units(self, tensor):
        return tensor.storage().data_ptr() in self.units

    def run(self, module, tensors, axes):
        for number, (tensor, axes_of_units) in enumerate(zip(tensors, axes)):
            sizes = [tensor.size(axis) for axis in axes_of_units]
            self.inputs.append(self.leaves.at(("input", number), "input", sizes) if sizes else None)
        with self.watching_modules():
            return super().run(module, tensors, axes)

    def start(self, given):
        for tensor, leaf in zip(given, self.inputs):
            if leaf is not None:
                self.mark(self.units, tensor)

    def next_step(self, name, arguments):
        self.steps.append(Step(name))
        step = self.steps[-1]
        if name == "embedding":
            step.action = "embed"
        elif name in ("mm", "bmm") and all(map(self.carries_units, arguments)):
            step.action = "compare"
            summed = ([1], [0]) if name == "mm" else ([0, 2], [0, 1])
            step.ties = [unit_index(each.shape, axes) for each, axes in zip(arguments, summed)]
        elif self.mixing == 0 and product_of(name, arguments, self.is_weight, self.carries_units) is not None:
            step.action = "write"
            step.adds = name in ("addmm", "baddbmm") and self.carries_units(arguments[0])
        elif name == "pixel_shuffle":
            step.ties = []
        return step

    def layer_of(self, step, arguments, computed):
        name = "mm" if step.action == "embed" else step.name
        product = product_of(name, arguments, self.is_weight, lambda each: not self.is_weight(each))
        address = product.weight.data_ptr()
        site = (address, self.sites[-1] if self.sites else len(self.steps))
        leaf = self.leaves.at(site, step.name, [computed.size(axis) for axis in product.output_axes])
        read = arguments[product.input_argument]
        step.layer = Layer(leaf, address, product.matrix, product.input_argument,
                           unit_index(read.shape, product.input_axes), unit_index(computed.shape, product.output_axes))
        return step.layer

    def words_of(self, step, table):
        step.words = self.leaves.at(("words", len(table)), "words", [len(table)])
        return step.words

    def finish(self, step, arguments, result):
        given = tensors_in(list(arguments))
        carries = step.action in ("write", "embed") or any(map(self.carries_units, given))
        if step.action == "compare" or step.name in WITHOUT_CONTENTS:
            carries = False
        is_view = carries and all(map(self.carries_units, tensors_in(result))) and not step.name.endswith("_")
        step.watched = carries and self.frozen == 0 and not is_view
        kind = self.units if carries else self.weights if any(map(self.is_weight, given)) else None
        for each in given + tensors_in(result):
            self.kept.append(each)
        if kind is not None:
            for each in tensors_in(result):
                self.mark(kind, each)
        if step.name == "pixel_shuffle":
            step.ties = [unit_index(result.shape, [result.dim() - 3])]

    @contextlib.contextmanager
    def watching_modules(self):
        """Notes calls of modules that say what the judge has to know of them."""
        hooks = []

        def during(module, enter, leave):
            hooks.append(module.register_forward_pre_hook(lambda *_: enter()))
            hooks.append(module.register_forward_hook(lambda *_: leave()))

        for module in self.module.modules():
            if isinstance(module, nn.RNNBase):  # one set of units for each call
                during(module, lambda: self.enter_site(("call", len(self.steps))), self.leave_site)
            if isinstance(module, nn.RNNCellBase) or getattr(module, "shares_units", False):
                during(module, lambda site=id(module): self.enter_site(("module", site)), self.leave_site)
            if getattr(module, "mixes_positions", False):
                during(module, lambda: self.count_mixing(1), lambda: self.count_mixing(-1))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def enter_site(self, site):
        self.sites.append(site)

    def leave_site(self):
        self.sites.pop()

    def count_mixing(self, difference):
        self.mixing += difference

    @contextlib.contextmanager
    def freezing(self):
        """Inside, methods that modules name as frozen have constant results. What they do is not watched, but for the
        layers in them."""
        frozen = [(module, method) for module in self.module.modules()
                  for method in getattr(module, "frozen_methods", ())]
        for module, method in frozen:
            setattr(module, method, self.frozen_method(getattr(module, method)))
        try:
            yield
        finally:
            for module, method in frozen:
                delattr(module, method)

    def frozen_method(self, method):
        def constant(*arguments):
            self.frozen += 1
            result = method(*arguments)
            self.frozen -= 1
            return torch.full(result.shape, 0.7, dtype=result.dtype)

        return constant
