// What is tried in each scope: a session, its codes, or what it says instead.
import { InferenceSession, Tensor } from '/edgy/index.js';

export async function work() {
  try {
    const session = await InferenceSession.create('/models/edgy-256-int8.edgy');
    const mel = Float32Array.from({ length: 80 * 60 }, (_, i) => ((i * 7919) % 1000) / 1000);
    const { indices } = await session.run({ mel: new Tensor('float32', mel, [1, 80, 60]) }, ['indices']);
    const { worker } = session.runtimeInfo();
    await session.release();
    return { worker, codes: Array.from(indices.data, Number) };
  } catch (error) {
    return { name: error?.name, code: error?.code, message: String(error?.message) };
  }
}
