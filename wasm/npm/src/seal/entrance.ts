/**
 * How the engine enters the worker: as a module, after the guard has shut the scope. What a module declares stays inside it, so nothing
 * of the engine can run before the guard, or stand in the way of a name that the guard reads.
 */

export type Entrance = (engine: ArrayBuffer) => Promise<{ readonly default?: unknown }>;

/** To be made before the scope loses the names that it needs. */
export function makeEntrance(): Entrance {
  const kType = { type: 'text/javascript' };
  const { createObjectURL, revokeObjectURL } = URL;
  const MakeBlob = Blob;
  return async (engine) => {
    const url = createObjectURL(new MakeBlob([engine], kType));
    try {
      return await import(url);
    } finally {
      revokeObjectURL(url);
    }
  };
}
