// One page session in which all runtimes take turns on the same inputs.
import { fill } from './fill.js';
import './roofline.js';

const runtimes = {
  // Without a worker, as the peers run. Threads need one.
  edgy: async ({ url, options }) => {
    const { InferenceSession, Tensor } = await import('/edgy/index.js');
    const session = await InferenceSession.create(url, { worker: false, threads: 1, ...options });
    return { session, Tensor, about: session.runtimeInfo(), memory: async () => (await session.memory()).wasm };
  },
  'onnxruntime-web': async ({ url, options, threads }) => {
    const ort = await import('/ort/ort.wasm.min.mjs');
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = '/ort/';
    ort.env.logLevel = 'error';
    const session = await ort.InferenceSession.create(url, { executionProviders: ['wasm'], ...options });
    return { session, Tensor: ort.Tensor, about: { version: ort.env.versions.web, threads: ort.env.wasm.numThreads } };
  },
  litert: async ({ url, threads }) => {
    liteRt ??= import('@litertjs/core').then(async (library) => {
      await library.loadLiteRt('/litert/wasm/', { threads: threads > 1 });
      return library;
    });
    const { loadAndCompile, Tensor } = await liteRt;
    const model = await loadAndCompile(url, { accelerator: 'wasm' });
    return { session: liteRtSession(model, Tensor), Tensor: PlainTensor, about: { threads } };
  },
};

/** LiteRT.js once loaded; it can be loaded once in a page. */
let liteRt;

/** What an input is, for a runtime whose own tensors are made for a single run. */
class PlainTensor {
  constructor(_type, data, shape) {
    Object.assign(this, { data, shape });
  }
}

/** A run from arrays to arrays, as the others' sessions have it: inputs are copied in and outputs out. */
function liteRtSession(model, Tensor) {
  return {
    async run(feeds) {
      const inputs = Object.values(feeds).map(({ data, shape }) => new Tensor(data, shape));
      const outputs = await model.run(inputs);
      const arrays = outputs.map((output) => output.toTypedArray().slice());
      for (const tensor of [...inputs, ...outputs]) tensor.delete();
      return arrays;
    },
    release: () => model.delete(),
  };
}

async function start(entry, threads) {
  const begin = performance.now();
  const runtime = runtimes[entry.runtime];
  if (!runtime) throw new Error(`there is no runtime '${entry.runtime}' in site/page.js`);
  const made = await runtime({ ...entry, threads });
  return { ...made, entry, loadMilliseconds: performance.now() - begin };
}

/** Least milliseconds of each operator over some runs of a session that measures them. */
async function profileOf(entry, feeds) {
  const { session } = await runtimes.edgy({ ...entry, options: { ...entry.options, profile: true } });
  let least;
  for (let run = 0; run < 12; run++) {
    await session.run(feeds);
    const steps = await session.profile();
    least ??= steps;
    least = least.map((step, i) => ({ ...step, milliseconds: Math.min(step.milliseconds, steps[i].milliseconds) }));
  }
  await session.release();
  return least;
}

async function timeRun({ session }, feeds) {
  const begin = performance.now();
  await session.run(feeds);
  return performance.now() - begin;
}

/** Times of Edgy's entries on their inputs and on shorter ones, in turns. When shapes change, buffers are laid out anew: the run after it counts. */
async function timeLengths(lanes, shorter, feedsOf, rounds) {
  const own = lanes.filter(({ runtime }) => runtime.entry.runtime === 'edgy');
  const times = new Map(own.map((lane) => [lane, { long: [], short: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const [lane, { long, short }] of times) {
      for (const [feeds, into] of [
        [lane.feeds, long],
        [feedsOf(lane.runtime, shorter), short],
      ]) {
        await timeRun(lane.runtime, feeds);
        into.push(await timeRun(lane.runtime, feeds));
      }
    }
  }
  return times;
}

/**
 * Runs every entry once per round, in an order that rotates, so that a slow moment of the machine hits all alike. Where there are
 * `shorter` inputs, Edgy's entries then run on both in turns: how time grows with length.
 * @returns per entry: the first run, the warm runs, load time, and what it says about itself
 */
globalThis.measure = async ({ entries, inputs, shorter, threads, rounds, warmup }) => {
  const started = [];
  for (const entry of entries) started.push(await start(entry, threads));
  const feedsOf = ({ Tensor }, inputs) =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, { type, shape, value }]) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        return [name, new Tensor(type, fill(type, size, value), shape)];
      }),
    );
  const lanes = [];
  for (const runtime of started) {
    const feeds = feedsOf(runtime, runtime.entry.inputs ?? inputs);
    lanes.push({ runtime, feeds, first: await timeRun(runtime, feeds), times: [] });
  }
  for (let round = -warmup; round < rounds; round++) {
    for (let turn = 0; turn < lanes.length; turn++) {
      const lane = lanes[(turn + round + warmup) % lanes.length];
      const time = await timeRun(lane.runtime, lane.feeds);
      if (round >= 0) lane.times.push(time);
    }
  }
  const growth = shorter ? await timeLengths(lanes, shorter, feedsOf, Math.ceil(rounds / 3)) : new Map();
  const results = [];
  for (const lane of lanes) {
    const { runtime, feeds, first, times } = lane;
    const { entry, loadMilliseconds, about, memory } = runtime;
    results.push({
      name: entry.name,
      runtime: entry.runtime,
      first,
      times,
      lengths: growth.get(lane),
      loadMilliseconds,
      about,
      memory: await memory?.(),
      ...(entry.runtime === 'edgy' ? { profile: await profileOf(entry, feeds) } : {}),
    });
    await runtime.session.release();
  }
  return { results, userAgent: navigator.userAgent, isolated: crossOriginIsolated };
};
