/** Lines of mixed text from a seed: what visitors write, what they paste, and what nobody should. */
import { words } from './tokenizers.js';

/** Whole numbers below a limit, the same in every engine. */
export type Dice = (limit: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** First and last code point of what is drawn from. */
const kScripts: readonly (readonly [number, number])[] = [
  [0x61, 0x7a], // Latin
  [0xc0, 0x24f],
  [0x3b1, 0x3c9], // Greek
  [0x410, 0x44f], // Cyrillic
  [0x5d0, 0x5ea], // Hebrew
  [0x620, 0x64a], // Arabic
  [0x905, 0x94d], // Devanagari, with its vowel signs
  [0xe01, 0xe4e], // Thai
  [0x3041, 0x30fe], // Kana
  [0x4e00, 0x9fff], // Han
  [0xac00, 0xd7a3], // Hangul
  [0x20000, 0x2a6df], // Han beyond 16 bits
];
const kEmoji = [...'🙂👍🎉🔑🏠🥛☎✂❤'];
const kEmojiSequences = ['👩‍👩‍👧', '👋🏽', '🇩🇪', '❤️', '1️⃣', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🧑🏿‍🚀'];
const kSpaces = [' ', ' ', '  ', '   ', '\t', '\n', '\r\n', '\u00a0', '\u2003', '\u200a', '\u3000', '\u2028', '\u0085'];
const kControls = [
  '\0',
  '\x07',
  '\x1b[0m',
  '\x7f',
  '\x9f',
  '\u00ad',
  '\u200b',
  '\u200d',
  '\u202e',
  '\ufeff',
  '\ufffd',
  '\ue000',
];
const kPunctuation = [
  '.',
  ',',
  '...',
  '?!',
  '-',
  '—',
  '„',
  '“',
  '«',
  '。',
  '、',
  '¿',
  '’',
  "n't",
  "'s",
  '&',
  '/',
  '@',
  '#',
  '$',
  '€',
  '^_^',
  '~',
  '|',
  '<',
  '>',
  '▁',
  'Ġ',
  '##',
];
const kSpecial = ['[CLS]', '[SEP]', '[MASK]', '[PAD]', '[UNK]', '<s>', '</s>', '<pad>', '<unk>', '[ SEP ]', '<S>'];
const kLigatures = ['ﬁ', 'Ⅷ', '½', '㎏', '①', 'ｆｕｌｌ', 'ﷺ', 'İ', 'ß', 'ẞ', 'ǅ', 'ς', 'K'];
const kPasted = [
  'https://example.org/a?b=1&c=%20#d',
  'me@example.org',
  '12,345.67',
  '2026-11-30T21:27:45Z',
  '٣٤',
  'x_y',
  'camelCase',
  'C:\\notes\\a.txt',
];

function pieceOf(dice: Dice): string {
  const one = (items: readonly string[]) => items[dice(items.length)] as string;
  const letters = (count: number) => {
    const [first, last] = kScripts[dice(kScripts.length)] as readonly [number, number];
    return Array.from({ length: count }, () => String.fromCodePoint(first + dice(last - first + 1))).join('');
  };
  switch (dice(18)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return one(words);
    case 4:
      return one(words).toUpperCase();
    case 5:
      return one(words) + one(words);
    case 6:
    case 7:
      return letters(1 + dice(8));
    case 8: // accents that stand for themselves
      return [...one(words)].map((letter) => letter + String.fromCharCode(0x300 + dice(0x70))).join('');
    case 9:
      return one([...kEmoji, ...kEmojiSequences]);
    case 10:
      return one(kControls);
    case 11:
      return one(kPunctuation);
    case 12:
      return one(kSpaces);
    case 13:
      return one(kSpecial);
    case 14:
      return one(kLigatures);
    case 15:
      return one(kPasted);
    case 16: // any character of 16 bits, halves of pairs among them
      return String.fromCharCode(dice(0x10000));
    default:
      return dice(8) === 0 ? letters(1).repeat(80 + dice(120)) : String(dice(1e6));
  }
}

/** Most have some words, one in fifty as much as is cut off and read in part. */
export function lineOf(dice: Dice): string {
  const pieces = dice(50) === 0 ? 200 + dice(600) : dice(12);
  let line = '';
  for (let i = 0; i < pieces; i++) line += pieceOf(dice) + (dice(3) > 0 ? ' ' : '');
  return line;
}
