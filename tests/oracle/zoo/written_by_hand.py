"""Networks of kinds that torchvision has none of."""

import torch
from torch import nn
from torch.nn import functional


def convolutions(channels, out):
    """Two convolutions, each with its norm."""
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True),
        nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))


class UNet(nn.Module):
    """Three levels; each reads the finer one's channels and the coarser one's, which are upsampled."""

    def __init__(self, classes=4, widths=(32, 64, 128)):
        super().__init__()
        first, second, third = widths
        self.down1 = convolutions(3, first)
        self.down2 = convolutions(first, second)
        self.bottom = convolutions(second, third)
        self.pool = nn.MaxPool2d(2)
        self.raise2 = nn.ConvTranspose2d(third, second, 2, 2)
        self.up2 = convolutions(2 * second, second)
        self.raise1 = nn.ConvTranspose2d(second, first, 2, 2)
        self.up1 = convolutions(2 * first, first)
        self.out = nn.Conv2d(first, classes, 1)

    def forward(self, x):
        fine = self.down1(x)
        middle = self.down2(self.pool(fine))
        coarse = self.bottom(self.pool(middle))
        middle = self.up2(torch.cat([middle, self.raise2(coarse)], 1))
        return self.out(self.up1(torch.cat([fine, self.raise1(middle)], 1)))


class Autoencoder(nn.Module):
    def __init__(self, channels=1, widths=(16, 32, 64), code=48):
        super().__init__()
        first, second, third = widths
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, first, 3, 2, 1), nn.ReLU(), nn.Conv2d(first, second, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(second, third, 7), nn.Flatten(), nn.Linear(third, code))
        self.widen = nn.Linear(code, third)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(third, second, 7), nn.ReLU(),
            nn.ConvTranspose2d(second, first, 3, 2, 1, 1, groups=2), nn.ReLU(),
            nn.ConvTranspose2d(first, channels, 3, 2, 1, 1), nn.Sigmoid())

    def forward(self, x):
        x = self.widen(self.encoder(x))
        return self.decoder(x[:, :, None, None])


class RecurrentClassifier(nn.Module):
    """The last step's units decide: of features (two layers, both directions), or of words' vectors (one layer)."""

    def __init__(self, kind, features=40, hidden=96, classes=6, words=0, **options):
        super().__init__()
        self.table = nn.Embedding(words, features) if words else None
        self.recurrent = kind(features, hidden, batch_first=True, **options)
        self.classifier = nn.Linear(hidden * (2 if options.get("bidirectional") else 1), classes)

    def forward(self, x):
        if self.table is not None:
            x = self.table(x.to(torch.int64))
        x, _ = self.recurrent(x)
        return self.classifier(x[:, -1])


class PlainAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def split(self, x):
        batch, tokens, width = x.shape
        return x.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x):
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(query, key.transpose(-2, -1)) / query.size(-1) ** 0.5
        context = torch.matmul(torch.softmax(scores, -1), value)
        return self.out(context.transpose(1, 2).reshape(x.shape))


class PlainEncoderLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = PlainAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.narrow(functional.gelu(self.widen(self.norm2(x))))


class PlainTransformer(nn.Module):
    """An encoder of matrix products and softmax, without `nn.MultiheadAttention`."""

    def __init__(self, features=24, width=64, heads=4, hidden=128, layers=3, classes=5, tokens=12):
        super().__init__()
        self.embed = nn.Linear(features, width)
        self.position = nn.Parameter(torch.randn(1, tokens, width))
        self.layers = nn.Sequential(*[PlainEncoderLayer(width, heads, hidden) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x):
        x = self.layers(self.embed(x) + self.position)
        return self.classifier(self.norm(x).mean(1))


class MixerBlock(nn.Module):
    def __init__(self, width, tokens):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.tokens1 = nn.Linear(tokens, 2 * tokens)
        self.tokens2 = nn.Linear(2 * tokens, tokens)
        self.norm2 = nn.LayerNorm(width)
        self.channels1 = nn.Linear(width, 4 * width)
        self.channels2 = nn.Linear(4 * width, width)

    def forward(self, x):
        mixed = self.tokens2(functional.gelu(self.tokens1(self.norm1(x).transpose(1, 2))))
        x = x + mixed.transpose(1, 2)
        return x + self.channels2(functional.gelu(self.channels1(self.norm2(x))))


class Mixer(nn.Module):
    """An MLP-Mixer: the layers `tokens1` and `tokens2` mix positions, and leave the units what they are."""

    def __init__(self, width=64, blocks=3, classes=5):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        self.blocks = nn.Sequential(*[MixerBlock(width, 16) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.classifier(self.norm(self.blocks(x)).mean(1))
