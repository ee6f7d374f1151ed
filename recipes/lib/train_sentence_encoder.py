"""Trains the encoder to find the long description that belongs to a short one (InfoNCE with in-batch negatives, van den Oord et al. 2018,
arXiv:1807.03748), and writes it as ONNX.

Usage: train_sentence_encoder.py FOLDER [--option VALUE ...] (--help lists them)

Reads FOLDER/tokens.jsonl. First the embeddings learn alone, as a bag of words, which takes a small part of a step's time with the blocks; then all
of it does. The weights that find most of split dev are kept. FOLDER gets model.onnx, calibration/ with texts of split train, and training.json.
"""
import argparse
import copy
import json
import pathlib
import random
import time

import numpy
import torch
from sentence_encoder import SentenceEncoder, pooled
from torch.nn import functional


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    for name, value, what in [
        ("seed", 1, "of weights and of the order of pairs"), ("width", 128, "of a vector"), ("layers", 1, "transformer blocks"),
        ("heads", 4, "of attention"), ("batch", 128, "pairs of a step, and half of those of the embeddings alone"), ("bag-epochs", 3, "of the embeddings alone"),
        ("epochs", 1, "of everything"), ("long-tokens", 48, "of a long text in training, a window of it"),
        ("calibration-batches", 16, "of 8 texts each"),
    ]:
        parser.add_argument(f"--{name}", type=int, default=value, help=f"{what} (default: {value})")
    for name, value, what in [
        ("bag-rate", 1e-2, "learning rate of the embeddings alone"), ("rate", 2e-4, "learning rate of everything"),
        ("temperature", 0.05, "that cosines are divided by"), ("word-dropout", 0.1, "share of tokens left out in training"),
    ]:
        parser.add_argument(f"--{name}", type=float, default=value, help=f"{what} (default: {value})")
    return parser.parse_args()


def batch_of(texts):
    """input_ids and attention_mask of lists of ids; <pad> is 0."""
    tokens = max(1, max(map(len, texts)))
    ids = torch.zeros(len(texts), tokens, dtype=torch.int64)
    mask = torch.zeros(len(texts), tokens, dtype=torch.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text, dtype=torch.int64)
        mask[row, : len(text)] = 1
    return ids, mask


def embed(model, texts, bag=False):
    ids, mask = batch_of(texts)
    return pooled(model.words(ids) if bag else model(ids, mask), mask)


@torch.no_grad()
def recall(model, pairs, most=1000, bag=False):
    """{1, 5}: share of short texts whose long one is among the first so many of `most`."""
    model.eval()
    pairs = pairs[:most]
    short, long = (
        torch.cat([embed(model, [pair[kind] for pair in pairs[i : i + 50]], bag) for i in range(0, len(pairs), 50)]) for kind in ("short", "long")
    )
    scores = short @ long.T
    rank = (scores > scores.diagonal().unsqueeze(1)).sum(1)
    model.train()
    return {at: (rank < at).float().mean().item() for at in (1, 5)}


def thinned(text, share, chance):
    return [token for token in text if chance.random() >= share] or text


def window(text, most, chance):
    """So many tokens of a text: its beginning in half of the cases, since that says most often what the thing is."""
    start = 0 if len(text) <= most or chance.random() < 0.5 else chance.randrange(len(text) - most + 1)
    return text[start : start + most]


def train(model, pairs, dev, options, bag):
    """Epochs of one kind. Leaves the model with the weights that find most of dev; those that it came with count, too."""
    epochs, rate, batch = (options.bag_epochs, options.bag_rate, options.batch * 2) if bag else (options.epochs, options.rate, options.batch)
    most = 128 if bag else options.long_tokens
    trained = list(model.words.parameters()) if bag else list(model.parameters())
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0 if bag else 0.01)
    steps = epochs * (len(pairs) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(steps, 1), pct_start=0.3)
    chance = random.Random(options.seed)
    begin = time.monotonic()
    best, kept = recall(model, dev, bag=bag)[1], copy.deepcopy(model.state_dict())
    for epoch in range(epochs):
        chance.shuffle(pairs)
        total = 0.0
        for start in range(0, len(pairs) - batch + 1, batch):
            drawn = pairs[start : start + batch]
            short = embed(model, [thinned(pair["short"], options.word_dropout, chance) for pair in drawn], bag)
            long = embed(model, [thinned(window(pair["long"], most, chance), options.word_dropout, chance) for pair in drawn], bag)
            scores = short @ long.T / options.temperature
            right = torch.arange(batch)
            loss = (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
            if not bag and (start // batch) % 20 == 0:
                print(f"  step {start // batch}: loss {loss.item():.3f}", flush=True)
        found = recall(model, dev, bag=bag)
        kind = "bag" if bag else "all"
        minutes = (time.monotonic() - begin) / 60
        print(f"{kind} {epoch + 1}: loss {total / (len(pairs) // batch):.3f}, dev @1 {found[1]:.3f} @5 {found[5]:.3f}, {minutes:.1f} min", flush=True)
        if found[1] > best:
            best, kept = found[1], copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)


def export(model, file):
    model.eval()
    ids, mask = batch_of([[2, 3, 4], [5]])
    dynamic = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        model, (ids, mask), file, input_names=["input_ids", "attention_mask"], output_names=["last_hidden_state"], opset_version=14,
        dynamic_axes={name: dynamic for name in ("input_ids", "attention_mask", "last_hidden_state")},
    )


def write_calibration(folder, pairs, batches, seed):
    """K.in.NAME.npy with 8 texts each, short and long ones."""
    folder.mkdir(exist_ok=True)
    drawn = random.Random(seed).sample(pairs, 8 * batches)
    for k in range(batches):
        kind = "short" if k % 4 == 0 else "long"
        for name, values in zip(("input_ids", "attention_mask"), batch_of([pair[kind] for pair in drawn[8 * k : 8 * k + 8]])):
            numpy.save(folder / f"{k}.in.{name}.npy", values.numpy())


def main():
    options = arguments()
    said = {name: value for name, value in vars(options).items() if name != "folder"}
    print(json.dumps(said), flush=True)
    torch.manual_seed(options.seed)
    splits = {"train": [], "dev": [], "test": []}
    for line in (options.folder / "tokens.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        splits[pair["split"]].append(pair)
    if len(splits["train"]) < 2 * options.batch or not splits["dev"]:
        raise SystemExit(f"train_sentence_encoder: {options.folder}/tokens.jsonl has {len(splits['train'])} pairs to train on and "
                         f"{len(splits['dev'])} to choose by; {2 * options.batch} and 1 are the least")
    random.Random(0).shuffle(splits["dev"])
    tokenizer = json.loads((options.folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary, positions = len(tokenizer["model"]["vocab"]), tokenizer["truncation"]["max_length"]
    model = SentenceEncoder(vocabulary, positions, options.width, options.layers, options.heads)
    train(model, splits["train"], splits["dev"], options, bag=True)
    train(model, splits["train"], splits["dev"], options, bag=False)
    found = recall(model, splits["dev"])
    export(model, str(options.folder / "model.onnx"))
    write_calibration(options.folder / "calibration", splits["train"], options.calibration_batches, options.seed)
    (options.folder / "training.json").write_text(json.dumps({**said, "dev": found}, indent=1) + "\n", encoding="utf-8")
    print(f"{options.folder}/model.onnx: dev @1 {found[1]:.3f} @5 {found[5]:.3f}")


if __name__ == "__main__":
    main()
