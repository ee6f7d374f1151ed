/**
 * What a run has shown, for programs.
 *
 * `?auto=1&clip=ID` measures a bundled recording (ids: src/clips.ts) without a click. While the page works,
 * `document.documentElement.dataset.edgy` goes through `loading`, `ready`, `working` and `done` (or `failed`); at `done`, the
 * report is at `window.__edgyReport`. Times are milliseconds, sizes bytes, shares 0..1.
 */
import type { Models, PrivateEncoding } from './engine';
import { type Comparison, type Timed, type Timing, timeModels } from './measure';
import { kRuntimeFiles, type NetworkPanel, type Request } from './panels/network';

export interface Report {
  readonly title: string;
  readonly seconds: number;
  readonly frames: number;
  readonly runs: number;
  /** `private`: the encoder that the page runs; `int8`, `f32`: the pair of which one is the other compressed, as in all that follows. */
  readonly latency: Record<Timed, Timing>;
  /** Latency over length. */
  readonly realTime: Record<Timed, number>;
  readonly agreement: number;
  readonly cosine: number;
  readonly model: {
    readonly onnxBytes: number;
    readonly int8Bytes: number;
    readonly f32Bytes: number;
    /** Share of the int8 model's weights that are zero. */
    readonly sparsity: number;
  };
  readonly private: {
    readonly onnxBytes: number;
    readonly bytes: number;
    readonly sparsity: number;
    /** How many events this recording became, at levels moderate and high. */
    readonly events: { readonly phones: number; readonly classes: number };
  };
  readonly memory: Record<Timed, number>;
  readonly runtime: {
    readonly version: string;
    readonly variant: string;
    readonly isa: string;
    readonly files: readonly string[];
    readonly rawBytes: number;
    /** With the server's compression. */
    readonly transferredBytes: number;
  };
}

/** In `?auto=1` only. */
export interface AutoReport extends Report {
  /** Latency for the loudest second of the recording. */
  readonly oneSecond: Record<Timed, Timing> & { readonly runs: number };
  /** Of all bundled recordings together. */
  readonly allClips: {
    readonly clips: number;
    readonly frames: number;
    readonly agreement: number;
    readonly cosine: number;
  };
  readonly requests: { readonly startup: readonly Request[]; readonly after: readonly Request[] };
}

declare global {
  interface Window {
    __edgyReport?: Report | AutoReport;
    /** What is on the stage. */
    __edgyEncoding?: PrivateEncoding;
  }
}

export type PageState = 'loading' | 'ready' | 'working' | 'done' | 'failed';

export function setPageState(state: PageState): void {
  document.documentElement.dataset.edgy = state;
}

export async function makeReport(
  title: string,
  pcm: Float32Array,
  seconds: number,
  models: Models,
  comparison: Comparison,
  events: Report['private']['events'],
  network: NetworkPanel,
  runs: number,
): Promise<Report> {
  const latency = await timeModels(models, pcm, runs);
  const { version, variant, isa } = models.private.shipped.runtime;
  const { files, encoded, decoded } = network.sum(kRuntimeFiles);
  return {
    title,
    seconds,
    frames: comparison.frames,
    runs,
    latency,
    realTime: {
      private: latency.private.total / 1000 / seconds,
      int8: latency.int8.total / 1000 / seconds,
      f32: latency.f32.total / 1000 / seconds,
    },
    agreement: comparison.agreement,
    cosine: comparison.cosine,
    model: {
      onnxBytes: models.int8.sourceBytes,
      int8Bytes: models.int8.bytes,
      f32Bytes: models.f32.bytes,
      sparsity: models.int8.sparsity,
    },
    private: {
      onnxBytes: models.private.shipped.sourceBytes,
      bytes: models.private.shipped.bytes,
      sparsity: models.private.shipped.sparsity,
      events,
    },
    memory: {
      private: await models.private.shipped.wasmMemory(),
      int8: await models.int8.wasmMemory(),
      f32: await models.f32.wasmMemory(),
    },
    runtime: { version, variant, isa, files, rawBytes: decoded, transferredBytes: encoded },
  };
}
