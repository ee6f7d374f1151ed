/**
 * "Teach the attacker my voice": at each level, whether attackers that learnt from some pieces of a visitor's speech find him in others,
 * among the readers that come with the page.
 */
import type { PrivacyLevel } from 'edgy';
import { kLevels } from '../privacy/levels';
import { gramCounts } from '../privacy/linear';
import { train } from './logistic';

/** What is handed out of a few seconds of somebody's speech, level by level. */
export interface Piece {
  /** Of those who judge, pieces of one recording are held out together. */
  readonly recording: number;
  /** Mean and deviation of each band of the log-mel. */
  readonly mel: ArrayLike<number>;
  readonly phones: ArrayLike<number>;
  readonly classes: ArrayLike<number>;
}

export interface Readers {
  /** Of a piece, seconds. */
  readonly seconds: number;
  readonly readers: readonly { readonly name: string; readonly pieces: readonly Piece[] }[];
}

export interface Found {
  readonly level: PrivacyLevel;
  /** Of the visitor's pieces, each judged by attackers that did not learn from it, those that were taken for his. */
  readonly found: number;
  readonly pieces: number;
  /** The same of the readers' pieces, as shares: how well the attacker does; and how many it takes for the visitor. */
  readonly readers: number;
  readonly mistaken: number;
  /** One of so many people. */
  readonly people: number;
}

/** The visitor's speech and each reader's are cut in so many parts, of which each is held out once. */
export const kFolds = 4;
const kLongestGram = 3;
const kGrams = 200;

/** The grams that most training pieces have. */
function frequentGrams(sequences: readonly ArrayLike<number>[], codes: number): number[][] {
  const counts = new Map<string, number>();
  for (const events of sequences) {
    const sequence = [codes, ...Array.from(events), codes];
    const own = new Set<string>();
    for (let from = 0; from < sequence.length; from++) {
      for (let to = from + 1; to <= Math.min(from + kLongestGram, sequence.length); to++)
        own.add(sequence.slice(from, to).join());
    }
    own.delete(String(codes));
    for (const gram of own) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, kGrams)
    .map(([gram]) => gram.split(',').map(Number));
}

type Features = (piece: Piece) => Float32Array;

/** What an attacker of this level sees, learnt from `pieces` where it has to be. */
function featuresOf(level: PrivacyLevel, pieces: readonly Piece[], sizes: Sizes): Features {
  if (level === 'low') return ({ mel }) => Float32Array.from(mel);
  const key = level === 'moderate' ? 'phones' : 'classes';
  const codes = sizes[key];
  const grams = frequentGrams(
    pieces.map((piece) => piece[key]),
    codes,
  );
  return (piece) => gramCounts(piece[key], { codes, grams });
}

/** Of the codebooks. */
export interface Sizes {
  readonly phones: number;
  readonly classes: number;
}

/** `mine`: the visitor's pieces in order of time. Calls back after each level. */
export async function teach(
  mine: readonly Piece[],
  { readers }: Readers,
  sizes: Sizes,
  onFound: (found: Found) => void,
): Promise<void> {
  const people = [mine, ...readers.map(({ pieces }) => pieces)];
  const rows = people.flatMap((pieces, label) => {
    const recordings = new Set(pieces.map(({ recording }) => recording)).size;
    // Contiguous parts: neighbours in time are alike.
    const fold = ({ recording }: Piece) => Math.floor((recording * kFolds) / recordings);
    return pieces.map((piece) => ({ piece, label, fold: fold(piece) }));
  });
  for (const level of kLevels) {
    const right = people.map(() => 0);
    let mistaken = 0;
    for (let fold = 0; fold < kFolds; fold++) {
      const known = rows.filter((row) => row.fold !== fold);
      const features = featuresOf(
        level,
        known.map(({ piece }) => piece),
        sizes,
      );
      const trained = await train(
        known.map(({ piece }) => features(piece)),
        known.map(({ label }) => label),
        people.length,
      );
      for (const { piece, label } of rows.filter((row) => row.fold === fold)) {
        const scores = trained.scores(features(piece));
        const guess = scores.indexOf(Math.max(...scores));
        if (guess === label) right[label] = (right[label] as number) + 1;
        else if (guess === 0) mistaken++;
      }
    }
    const [found = 0, ...others] = right;
    const all = rows.length - mine.length;
    onFound({
      level,
      found,
      pieces: mine.length,
      readers: others.reduce((sum, count) => sum + count, 0) / all,
      mistaken: mistaken / all,
      people: people.length,
    });
  }
}
