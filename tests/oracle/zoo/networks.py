"""The zoo's networks: how each is made, and the example input that it is read with."""

import dataclasses
import functools
from typing import Callable, Tuple

import torch
import torchvision
from torch import nn

import written_by_hand

WAYS = ("scripted", "traced")
ALL_WAYS = (*WAYS, "frozen")


@dataclasses.dataclass(frozen=True)
class Network:
    make: Callable[[], nn.Module]
    shape: Tuple[int, ...] = (1, 3, 224, 224)
    ways: Tuple[str, ...] = WAYS
    short: bool = False  # part of the short form
    unit_axis: int = 1  # of the input
    dtype: torch.dtype = torch.float32
    position_mixers: Tuple[str, ...] = ()  # linear layers along an axis of positions, which pass units

    def make_model(self):
        """With random weights, always the same ones."""
        torch.manual_seed(1)
        model = self.make().eval()
        with torch.no_grad():
            for tensor in (*model.parameters(), *model.buffers()):
                if not tensor.is_floating_point():
                    continue
                # Norms, scales and layers that start as zeros: no unit is to be like another one.
                if tensor.dim() <= 1 or (tensor == tensor.flatten()[0]).all():
                    tensor.uniform_(0.5, 1.5)
                tensor[tensor == 0] = 0.01  # would be a missing edge
        return model

    def make_example(self):
        return torch.ones(self.shape, dtype=self.dtype)


def torchvisions(name, **options):
    """A network of torchvision's, without downloaded weights; `init_weights` is theirs that takes minutes."""
    maker = getattr(torchvision.models, name)
    arguments = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return Network(functools.partial(maker, weights=None, **arguments), **options)


def by_hand(kind, shape, arguments=None, **options):
    return Network(functools.partial(kind, **(arguments or {})), shape, **options)


NETWORKS = {
    "AlexNet": torchvisions("alexnet"),
    "VGG-11": torchvisions("vgg11"),
    "VGG-11 with batch norm": torchvisions("vgg11_bn"),
    "VGG-16": torchvisions("vgg16"),
    "VGG-16 with batch norm": torchvisions("vgg16_bn"),
    "ResNet-18": torchvisions("resnet18", ways=ALL_WAYS, short=True),
    "ResNet-50": torchvisions("resnet50"),
    "Wide-ResNet-50": torchvisions("wide_resnet50_2"),
    "ResNeXt-50": torchvisions("resnext50_32x4d"),
    "DenseNet-121": torchvisions("densenet121", ways=ALL_WAYS),
    "GoogLeNet": torchvisions("googlenet"),
    "Inception-v3": torchvisions("inception_v3", shape=(1, 3, 299, 299)),
    "MobileNet-v2": torchvisions("mobilenet_v2"),
    "MobileNet-v3 small": torchvisions("mobilenet_v3_small", ways=ALL_WAYS, short=True),
    "ShuffleNet-v2": torchvisions("shufflenet_v2_x0_5", short=True),
    "EfficientNet-B0": torchvisions("efficientnet_b0"),
    "RegNet-Y 400MF": torchvisions("regnet_y_400mf"),
    "MNASNet": torchvisions("mnasnet0_5"),
    "ConvNeXt-tiny": torchvisions("convnext_tiny"),
    "ViT-B/16": torchvisions("vit_b_16", ways=ALL_WAYS),
    "Swin-T": torchvisions("swin_t"),
    "U-Net": by_hand(written_by_hand.UNet, (1, 3, 64, 64), short=True),
    "LSTM classifier": by_hand(
        written_by_hand.RecurrentClassifier, (1, 15, 40),
        dict(kind=nn.LSTM, num_layers=2, bidirectional=True), ways=ALL_WAYS, short=True, unit_axis=2),
    "GRU classifier": by_hand(
        written_by_hand.RecurrentClassifier, (1, 15), dict(kind=nn.GRU, words=500), short=True, dtype=torch.int64),
    "plain transformer": by_hand(written_by_hand.PlainTransformer, (1, 12, 24), short=True, unit_axis=2),
    "autoencoder": by_hand(written_by_hand.Autoencoder, (1, 1, 28, 28), short=True),
    "MLP-Mixer": by_hand(
        written_by_hand.Mixer, (1, 3, 32, 32), short=True,
        position_mixers=tuple(f"blocks.{block}.tokens{layer}" for block in range(3) for layer in (1, 2))),
}
