// Speech codes, a batch of log-mels one after the other.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

type Named = ort.InferenceSession.OnnxValueMapType;

export async function codesOf(session: ort.InferenceSession, mel: Float32Array): Promise<number[]> {
  const frames = mel.length / 80;
  const feeds: Named = { mel: new ort.Tensor('float32', mel, [1, 80, frames]) };
  const { indices } = (await session.run(feeds, ['indices'])) as { readonly indices?: ort.Tensor };
  return Array.from((indices as ort.Tensor).data as BigInt64Array, Number);
}

export async function main(model: Uint8Array): Promise<number[]> {
  const session = await ort.InferenceSession.create(model, { executionProviders: [{ name: 'wasm' }] });
  const codes: number[] = [];
  for (const seed of [1, 2]) {
    codes.push(
      ...(await codesOf(
        session,
        Float32Array.from({ length: 80 * 60 }, (_, i) => Math.sin(i * seed) / 2 + 0.5),
      )),
    );
  }
  await session.release();
  return codes;
}
