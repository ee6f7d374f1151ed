// What every app does: sessions of all kinds that there are, and what they compute. Knows nothing of bundlers.
import { AudioEncoder, InferenceSession, Tensor } from 'edgy';
import * as ort from 'edgy/ort';
import { createSealedSession } from 'edgy/sealed';

/** The same log-mel everywhere: [1, 80, 60]. */
export const mel = () => Float32Array.from({ length: 80 * 60 }, (_, i) => ((i * 7919) % 1000) / 1000);
/** Half a second at 48 kHz, as a microphone gives it. */
export const sound = () =>
  Float32Array.from({ length: 24000 }, (_, i) => Math.fround((((i * i) % 977) / 977 - 0.5) / 2));

const numbers = ({ indices }) => Array.from(indices.data, Number);

async function codesIn(session) {
  try {
    return numbers(await session.run({ mel: new Tensor('float32', mel(), [1, 80, 60]) }));
  } finally {
    await session.release();
  }
}

/** Each gives the codes of `mel()`. `model` is an address, `sealed` are further options of sealed sessions. */
const kinds = {
  plain: (model, options) => InferenceSession.create(model, { ...options, threads: 1 }).then(codesIn),
  alone: (model, options) => InferenceSession.create(model, { ...options, worker: false }).then(codesIn),
  threads: async (model, options) => {
    const session = await InferenceSession.create(model, { ...options, threads: 2 });
    const { threads } = session.runtimeInfo();
    const codes = await codesIn(session);
    if (threads !== 2) throw new Error(`There is ${threads} thread.`);
    return codes;
  },
  sealed: (model, options, sealed) => createSealedSession(model, { ...options, ...sealed, level: 'low' }).then(codesIn),
  ort: async (model, options) => {
    ort.env.wasm.wasmPaths = options?.wasmPaths;
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const outputs = await session.run({ mel: new ort.Tensor(mel(), [1, 80, 60]) }, ['indices']);
    await session.release();
    return numbers(outputs);
  },
};

/** Codes of all kinds named in `wanted`, of a recording that has to be resampled, and what a mistake is told. Errors become texts. */
export async function check(model, wanted, { sealed, ...options } = {}) {
  const tried = (work) => work().catch((error) => `${error?.name}: ${error?.message ?? error}`);
  const results = {};
  for (const kind of wanted) results[kind] = await tried(() => kinds[kind](model, options, sealed));
  results.sound = await tried(async () => {
    const encoder = await AudioEncoder.create(model, options);
    const { codes } = await encoder.encode(sound(), { sampleRate: 48000 });
    await encoder.release();
    return Array.from(codes);
  });
  results.mistake = await tried(() => InferenceSession.create(model, { ...options, thread: 1 }));
  return results;
}
