/** The neutral synthesizer, loaded when somebody asks for it, and not before. */
import files from '../generated/voice.json';
import type { VoiceAnswer, VoiceRequest } from './worker-voice';
import kWorkerUrl from './worker-voice?worker&url';

const kData = new URL('voice/english.bin', document.baseURI);

export class VoiceProblem extends Error {}

export class Voice {
  #worker: Promise<Worker> | undefined;

  /** What it will ask the server for. */
  static readonly files: readonly string[] = [new URL(kWorkerUrl, document.baseURI).href, kData.href];

  /** Sound, and its rate. */
  async say(text: string): Promise<{ pcm: Float32Array<ArrayBuffer>; rate: number }> {
    this.#worker ??= this.#open();
    const worker = await this.#worker;
    const answer = await new Promise<VoiceAnswer>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<VoiceAnswer>) => resolve(data);
      worker.onerror = () => resolve({ error: 'its program did not start' });
      worker.postMessage({ say: text } satisfies VoiceRequest);
    });
    if (!('error' in answer)) return answer;
    worker.terminate();
    this.#worker = undefined;
    throw new VoiceProblem(`The voice could not speak: ${answer.error}.`);
  }

  async #open(): Promise<Worker> {
    try {
      const response = await fetch(kData);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const data = await response.arrayBuffer();
      const worker = new Worker(kWorkerUrl, { type: 'module' });
      const request: VoiceRequest = { open: files, data };
      worker.postMessage(request, [data]);
      return worker;
    } catch {
      this.#worker = undefined;
      throw new VoiceProblem(
        'The voice could not be loaded: it is fetched when asked for, and needs the network once.',
      );
    }
  }
}
