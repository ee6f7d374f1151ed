// A React hook that keeps a session for as long as a component lives.
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { useEffect, useRef, useState } from 'react';

export interface Model {
  readonly ready: boolean;
  readonly error: Error | undefined;
  run(values: number[]): Promise<number[]>;
}

export function useModel(url: string, options?: InferenceSession.SessionOptions): Model {
  const session = useRef<Promise<InferenceSession> | undefined>(undefined);
  const [ready, setReady] = useState(false);
  const [error, setError] = useState<Error | undefined>(undefined);
  useEffect(() => {
    let live = true;
    const loading = InferenceSession.create(url, options ?? { executionProviders: ['wasm'] });
    session.current = loading;
    loading.then(
      () => live && setReady(true),
      (reason: Error) => live && setError(reason),
    );
    return () => {
      live = false;
      void loading.then((loaded) => loaded.release()).catch(() => {});
    };
  }, [url]);
  return {
    ready,
    error,
    async run(values) {
      const loaded = await session.current;
      if (!loaded) return [];
      const input = new Tensor('float32', values, [1, values.length]);
      const results = await loaded.run({ [loaded.inputNames[0] ?? '']: input });
      return Array.from(results[loaded.outputNames[0] ?? '']?.data as Float32Array);
    },
  };
}
