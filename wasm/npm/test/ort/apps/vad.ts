// A voice activity detector that carries its state from window to window.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export class VoiceActivity {
  private state = new ort.Tensor('float32', new Float32Array(32), [1, 1, 32]);
  private readonly rate = new ort.Tensor('int64', [16000n], [1]);

  private constructor(private readonly session: ort.InferenceSession) {}

  static async load(model: string | ArrayBuffer | Uint8Array): Promise<VoiceActivity> {
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    };
    return new VoiceActivity(
      typeof model === 'string'
        ? await ort.InferenceSession.create(model, options)
        : model instanceof ArrayBuffer
          ? await ort.InferenceSession.create(model, options)
          : await ort.InferenceSession.create(model, options),
    );
  }

  async hear(window: Float32Array): Promise<number> {
    const feeds: Record<string, ort.Tensor> = {
      input: new ort.Tensor(window, [1, window.length]),
      state: this.state,
      sr: this.rate,
    };
    const out = await this.session.run(feeds, { logSeverityLevel: 3 });
    this.state = out.stateN as ort.TypedTensor<'float32'>;
    const [probability = 0] = (out.output as ort.Tensor).data as Float32Array;
    return probability;
  }

  close = (): Promise<void> => this.session.release();
}

export async function main(model: Uint8Array): Promise<number[]> {
  const vad = await VoiceActivity.load(model);
  const heard: number[] = [];
  for (let at = 0; at < 8; at++) {
    heard.push(await vad.hear(Float32Array.from({ length: 64 }, (_, i) => Math.sin((at + 1) * i * 0.07))));
  }
  await vad.close();
  return heard;
}
