// Sentence embeddings: ids of tokens in, the mean of the hidden states out.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const kMostTokens = 128;

export async function embed(session: ort.InferenceSession, ids: readonly number[]): Promise<Float32Array> {
  const input = new ort.Tensor('int64', BigInt64Array.from(ids.slice(0, kMostTokens), BigInt), [1, ids.length]);
  const fetches: ort.InferenceSession.FetchesType = ['last_hidden_state'];
  const results = await session.run({ input_ids: input }, fetches, { tag: 'embed' });
  const hidden = results.last_hidden_state as ort.TypedTensor<'float32'>;
  const [, tokens, width] = hidden.dims as [number, number, number];
  const values: Float32Array = await hidden.getData();
  const mean = new Float32Array(width);
  values.forEach((value, i) => {
    mean[i % width] = (mean[i % width] as number) + value / tokens;
  });
  hidden.dispose();
  return mean;
}

export async function main(model: Uint8Array): Promise<number[]> {
  const session = await ort.InferenceSession.create(model);
  const numbers: number[] = [];
  for (const sentence of [
    [1, 2, 3],
    [7, 7, 49, 0, 5],
  ])
    numbers.push(...(await embed(session, sentence)));
  await session.release();
  return numbers;
}
