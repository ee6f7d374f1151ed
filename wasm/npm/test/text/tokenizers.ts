/** A small tokenizer.json of each kind, as those of BERT, RoBERTa and XLM-RoBERTa are built; and texts of many sorts. */
import { Tokenizer } from '@huggingface/tokenizers';

export const words = 'the and ing key mat milk under house where note is are was of in to a er est un re'.split(' ');
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
/** Of other scripts, a few characters each; the rest is unknown, or bytes. */
const foreign = [...'авеинорстαεοσ東京日本語のはñאבما한สา🙂🔑👍'];
const marks = [...'.,;:!?\'"()-/&%$äöüßéñ'];

const byPlace = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = (token: string, id: number) => ({
  id,
  content: token,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
const template = (before: string, after: string, ids: Record<string, number>) => ({
  type: 'TemplateProcessing',
  single: [
    { SpecialToken: { id: before, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: after, type_id: 0 } },
  ],
  pair: [],
  special_tokens: Object.fromEntries(
    [before, after].map((token) => [token, { id: token, ids: [ids[token]], tokens: [token] }]),
  ),
});

function wordPiece() {
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const all = [...new Set([...letters, ...marks, ...foreign, ...words])];
  const vocab = byPlace([...specials, ...all, ...all.map((token) => `##${token}`)]);
  return {
    version: '1.0',
    truncation: { direction: 'Right', max_length: 24, strategy: 'LongestFirst', stride: 0 },
    padding: { strategy: 'BatchLongest', direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
    added_tokens: specials.map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: template('[CLS]', '[SEP]', vocab),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** Characters that stand for the 256 bytes: printable ones for themselves. */
function byteLetters(): string[] {
  let next = 256;
  const isPlain = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : next++));
}

function bytePairs() {
  const specials = ['<s>', '<pad>', '</s>', '<unk>'];
  const merges: string[] = [];
  const made = new Set<string>();
  const all = byteLetters();
  const bytesOf = (text: string) => [...new TextEncoder().encode(text)].map((byte) => all[byte]).join('');
  for (const word of [...words.map((word) => `Ġ${word}`), ...foreign.map(bytesOf)]) {
    for (let end = 2; end <= word.length; end++) {
      const token = word.slice(0, end);
      if (made.has(token)) continue;
      made.add(token);
      merges.push(`${word.slice(0, end - 1)} ${word[end - 1]}`);
    }
  }
  const vocab = byPlace([...specials, ...all, ...made]);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(special),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['</s>', 2],
      cls: ['<s>', 0],
      trim_offsets: true,
      add_prefix_space: true,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
  };
}

function unigram() {
  const specials = ['<s>', '<pad>', '</s>', '<unk>'];
  const pieces = [...new Set(['▁', ...words.map((word) => `▁${word}`), ...words, ...letters, ...marks, ...foreign])];
  const vocab = [
    ...specials.map((token) => [token, 0] as const),
    ...pieces.map((piece, i) => [piece, -2 - i / 10 - (piece.length === 1 ? 3 : 0)] as const),
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(special),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: template('<s>', '</s>', { '<s>': 0, '</s>': 2 }),
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 3, byte_fallback: false, vocab },
  };
}

/** By the name of their model. Fewer than 500 tokens each. */
export const tokenizers = { WordPiece: wordPiece(), BPE: bytePairs(), Unigram: unigram() };

export type Kind = keyof typeof tokenizers;
export const kinds = Object.keys(tokenizers) as Kind[];

const libraries = new Map(kinds.map((kind) => [kind, new Tokenizer(tokenizers[kind], {})]));

/** The ids of a text, by the library alone: cut off before the last token, which stays. What has no id is none. */
export function idsOf(kind: Kind, given: string, most: number): number[] {
  const ids = (libraries.get(kind) as Tokenizer).encode(given).ids.filter((id: number | undefined) => id !== undefined);
  return ids.length <= most ? ids : [...ids.slice(0, most - 1), ids.at(-1) as number];
}

export const texts = [
  'The key is under the mat.',
  'Milk',
  '',
  ' ',
  'Where are the notes of the house? In the house!',
  'Äpfel, Öl und Übermut: naïve café, ß & ñ',
  '東京は日本の首都です。',
  '🙂👩‍👩‍👧 emoji, and a flag 🇩🇪',
  'a',
  '...!!!???',
  '12345 67,890.12 3/4 50 %',
  'tabs\tand\nlines\r\nand  two  spaces ',
  'ALL CAPITALS AND miXed',
  '[SEP] </s> [MASK] literally',
  'un-re-est-er-ing',
  'ﬁne ligatures Ⅷ ½',
  'https://example.org/path?query=1&other=2#part',
  'x'.repeat(120),
  'The milk is in the house and the key is under the mat where the note was. '.repeat(3),
  'ends with a half of a pair \ud83d',
];
