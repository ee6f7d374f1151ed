// An image classifier: a model within a larger buffer, a warm-up, softmax in the page.
import { env, InferenceSession, Tensor, type TypedTensor } from 'onnxruntime-web';

env.wasm.numThreads = 1;
env.logLevel = 'error';

const kSide = 16;

function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export async function classify(session: InferenceSession, picture: ImageData): Promise<number[]> {
  const input = (await Tensor.fromImage(picture)) as TypedTensor<'float32'>;
  const fetches: InferenceSession.NullableOnnxValueMapType = { logits: null };
  const results: InferenceSession.ReturnType = await session.run({ [session.inputNames[0] ?? '']: input }, fetches);
  return softmax((results.logits as Tensor).data as Float32Array);
}

export async function main(model: Uint8Array, picture: ImageData): Promise<number[]> {
  // The model is part of a larger buffer.
  const buffer = new ArrayBuffer(model.length + 24);
  new Uint8Array(buffer, 8).set(model);
  const session = await InferenceSession.create(buffer, 8, model.length, { executionProviders: ['wasm'] });
  session.startProfiling();
  const metadata = session.inputMetadata[0];
  if (!metadata?.isTensor || metadata.shape[2] !== kSide) throw new Error('A classifier of small pictures is needed.');
  await classify(session, picture);
  const probabilities = await classify(session, picture);
  session.endProfiling();
  await session.release();
  return probabilities;
}
