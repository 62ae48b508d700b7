"""What a person knows about some families: the sizes of the groups, in any order, and the number of blocks.

They are here so that expected_graph.py is not the only judge. Each rule reads widths from the modules.
"""

from torch import nn


def layers_of(module):
    return [layer for layer in module.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]


def width(layer):
    return layer.out_channels if isinstance(layer, nn.Conv2d) else layer.out_features


def chain(model):
    """Every layer reads the one before: AlexNet, VGG."""
    layers = layers_of(model)
    return [3] + [width(layer) for layer in layers], len(layers)


def residual(model):
    """The last layers of a stage's blocks and its downsample write one group; without a downsample it is the stem's."""
    groups = [3, model.conv1.out_channels]
    for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
        if stage[0].downsample is not None:
            groups.append(stage[0].downsample[0].out_channels)
        for block in stage:
            convolutions = [layer for name, layer in block.named_children() if name.startswith("conv")]
            groups += [width(layer) for layer in convolutions[:-1]]
    return groups + [model.fc.out_features], len(layers_of(model))


def dense(model):
    """A dense layer reads what its block was given and every layer of the block before it."""
    layers = layers_of(model)
    blocks = 1  # the stem
    groups_read = 1
    for name, part in model.features.named_children():
        if name.startswith("denseblock"):
            for _ in part.children():
                blocks += groups_read + 1  # a bottleneck of all of them, then the layer's own convolution
                groups_read += 1
        elif name.startswith("transition"):
            blocks += groups_read
            groups_read = 1
    return [3] + [width(layer) for layer in layers], blocks + groups_read


def vision_transformer(model):
    """One group for all that is added to the tokens; in a layer one of queries and keys and values, and a hidden one.
    Queries and keys are the same units, so that they are written twice."""
    size = model.hidden_dim
    layers = len(model.encoder.layers)
    hidden = model.encoder.layers[0].mlp[0].out_features
    blocks_per_layer = 2 + 1 + 2  # queries, keys and values; the attention's output; two linear layers
    groups = [3, size] + layers * [2 * size, hidden] + [model.heads.head.out_features]
    return groups, 1 + layers * blocks_per_layer + 1


RULES = {
    "AlexNet": chain,
    "VGG-11": chain,
    "VGG-11 with batch norm": chain,
    "VGG-16": chain,
    "VGG-16 with batch norm": chain,
    "ResNet-18": residual,
    "ResNet-50": residual,
    "Wide-ResNet-50": residual,
    "ResNeXt-50": residual,
    "DenseNet-121": dense,
    "ViT-B/16": vision_transformer,
}
