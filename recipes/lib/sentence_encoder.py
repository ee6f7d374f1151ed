"""A small encoder of texts: embeddings of tokens and positions, and pre-norm transformer blocks over them."""
import math

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to what comes in. Both begin at zero: an untrained block changes nothing."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.before_attention, self.before_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        for last in (self.out, self.down):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x, mask):
        texts, tokens, width = x.shape
        normed = self.before_attention(x)
        query, key, value = (
            layer(normed).view(texts, tokens, self.heads, self.size).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(self.size) + mask, dim=-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(texts, tokens, width))
        return x + self.down(functional.relu(self.up(self.before_feed(x))))


class SentenceEncoder(nn.Module):
    """input_ids and attention_mask, both [texts, tokens], to a vector of each token. Without its blocks it is a bag of words."""

    def __init__(self, vocabulary, positions, width=128, layers=2, heads=4):
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.register_buffer("numbers", torch.arange(positions).unsqueeze(0), persistent=False)
        nn.init.normal_(self.words.weight, std=0.1)
        nn.init.zeros_(self.places.weight)

    def forward(self, input_ids, attention_mask):
        x = self.words(input_ids) + self.places(self.numbers[:, : input_ids.shape[1]])
        mask = ((1.0 - attention_mask.to(x.dtype)) * -1e4).unsqueeze(1).unsqueeze(1)
        for block in self.blocks:
            x = block(x, mask)
        return x


def pooled(vectors, attention_mask):
    """The mean over a text's tokens, of the length 1, as edgy/text computes it."""
    mask = attention_mask.unsqueeze(2).to(vectors.dtype)
    return functional.normalize((vectors * mask).sum(1) / mask.sum(1).clamp(min=1), dim=1)
