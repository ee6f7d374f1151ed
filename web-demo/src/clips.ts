import { at } from './quiet/shelf';

/** The recordings that come with the page. Origin and licence: public/speech/README.md. */
export interface Clip {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly file: string;
  /** As the attackers know the speaker, who was trained on other recordings of this voice. */
  readonly speaker: string;
  readonly sex: 'f' | 'm';
  /** Digits that are said in it; '' for none. */
  readonly digits: string;
}

export const kClips: readonly Clip[] = [
  {
    id: 'reader-367',
    title: 'Reader 367',
    note: 'LibriSpeech, a woman',
    file: '367-130732-0008.flac',
    speaker: 'ls367',
    sex: 'f',
    digits: '',
  },
  {
    id: 'reader-1688',
    title: 'Reader 1688',
    note: 'LibriSpeech, a man',
    file: '1688-142285-0009.flac',
    speaker: 'ls1688',
    sex: 'm',
    digits: '',
  },
  {
    id: 'reader-3331',
    title: 'Reader 3331',
    note: 'LibriSpeech, a woman',
    file: '3331-159605-0006.flac',
    speaker: 'ls3331',
    sex: 'f',
    digits: '',
  },
  {
    id: 'digits',
    title: 'First digits of pi',
    note: 'FSDD, a man counting',
    file: 'fsdd-digits.flac',
    speaker: 'fs-jackson',
    sex: 'm',
    digits: '31415926',
  },
];

export async function fetchClips(onProgress: (fraction: number) => void): Promise<Map<string, ArrayBuffer>> {
  let done = 0;
  const entries = await Promise.all(
    kClips.map(async ({ id, file }) => {
      const response = await fetch(at(`speech/${file}`));
      if (!response.ok) throw new Error(`The recording ${file} could not be loaded (HTTP ${response.status}).`);
      const bytes = await response.arrayBuffer();
      onProgress(++done / kClips.length);
      return [id, bytes] as const;
    }),
  );
  return new Map(entries);
}
