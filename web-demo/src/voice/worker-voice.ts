/** eSpeak NG (GPL 3), in a worker and a file of its own. Its name has the server send it a policy without any connection. */
import ESpeak from '@echogarden/espeak-ng-emscripten';

/** Where in its own package of all languages the files are that English needs (scripts/voice.mjs). */
export interface VoiceFiles {
  readonly size: number;
  readonly files: readonly { readonly start: number; readonly bytes: number }[];
}

export type VoiceRequest = { readonly open: VoiceFiles; readonly data: ArrayBuffer } | { readonly say: string };
export type VoiceAnswer =
  | { readonly pcm: Float32Array<ArrayBuffer>; readonly rate: number }
  | { readonly error: string };

type Synthesizer = InstanceType<Awaited<ReturnType<typeof ESpeak>>['eSpeakNGWorker']>;
let opening: Promise<Synthesizer> | undefined;

/** Its package as it would have been loaded, with zeros for all other languages. */
function packageOf({ size, files }: VoiceFiles, data: ArrayBuffer): ArrayBuffer {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const { start, bytes } of files) {
    whole.set(new Uint8Array(data, at, bytes), start);
    at += bytes;
  }
  return whole.buffer;
}

async function open(files: VoiceFiles, data: ArrayBuffer): Promise<Synthesizer> {
  const whole = packageOf(files, data);
  const module = await ESpeak({ getPreloadedPackage: () => whole });
  const synthesizer = new module.eSpeakNGWorker();
  synthesizer.set_voice('en-us');
  return synthesizer;
}

function say(synthesizer: Synthesizer, text: string): { pcm: Float32Array<ArrayBuffer>; rate: number } {
  const parts: Int16Array[] = [];
  synthesizer.synthesize(text, (audio) => {
    if (audio?.length) parts.push(Int16Array.from(audio));
  });
  const pcm = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) for (const sample of part) pcm[at++] = sample / 32768;
  return { pcm, rate: synthesizer.get_samplerate() };
}

self.onmessage = async ({ data }: MessageEvent<VoiceRequest>) => {
  const answer = (message: VoiceAnswer) => self.postMessage(message);
  try {
    if ('open' in data) {
      opening = open(data.open, data.data);
      return;
    }
    if (!opening) throw new Error('The voice was not opened.');
    answer(say(await opening, data.say));
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
};
