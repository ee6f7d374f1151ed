"""A tokenizer of the kind Unigram (Kudo 2018, arXiv:1804.10959), trained by SentencePiece on split train of the pairs.

Usage: train_tokenizer.py FOLDER [VOCABULARY] [MAX_TOKENS]

Reads FOLDER/pairs.jsonl, writes FOLDER/tokenizer.json in the format of Hugging Face's tokenizers, which says as well where texts are cut off.
"""
import io
import json
import pathlib
import sys
import unicodedata

import sentencepiece

SPECIAL = ["<pad>", "<unk>"]
METASPACE = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}


def normalized(text):
    """As the normalizer of the file does it."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def pieces(texts, vocabulary):
    """[[piece, log probability], ...], the special ones first."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, model_type="unigram", vocab_size=vocabulary, normalization_rule_name="identity",
        character_coverage=0.9995, max_sentence_length=1 << 20, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, pad_piece=SPECIAL[0],
        unk_piece=SPECIAL[1], num_threads=2, minloglevel=1,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [[processor.id_to_piece(i), round(processor.get_score(i), 4)] for i in range(processor.get_piece_size())]


def tokenizer(vocab, most):
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    space = {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": most, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": [{"id": i, "content": token, **special} for i, token in enumerate(SPECIAL)],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}, space]},
        "pre_tokenizer": METASPACE,
        "post_processor": None,
        "decoder": METASPACE,
        "model": {"type": "Unigram", "unk_id": 1, "byte_fallback": False, "vocab": vocab},
    }


def main():
    if len(sys.argv) not in (2, 3, 4):
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    vocabulary, most = [int(word) for word in sys.argv[2:4] + ["8000", "128"][len(sys.argv) - 2:]]
    lines = (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    train = [pair for pair in map(json.loads, lines) if pair["split"] == "train"]
    texts = [normalized(pair[kind]) for pair in train for kind in ("short", "long")]
    file = folder / "tokenizer.json"
    file.write_text(json.dumps(tokenizer(pieces(texts, vocabulary), most), ensure_ascii=False), encoding="utf-8")
    print(f"{file}: {vocabulary} pieces of {len(texts)} texts, {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
