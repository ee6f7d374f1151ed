/** From vectors of tokens to one of a text. */
import type { Pooling } from './text_metadata.js';

/**
 * `vectors`: [rows, width], of which the first `count` are tokens and the rest padding. Without tokens it is zeros. Sums are taken in double
 * precision.
 */
export function pool(vectors: Float32Array, width: number, count: number, pooling: Pooling): Float32Array {
  if (count === 0) return new Float32Array(width);
  if (pooling === 'cls' || pooling === 'none') return vectors.slice(0, width);
  const pooled = new Float64Array(width);
  if (pooling === 'max') pooled.fill(-Infinity);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      const value = vectors[row * width + i] as number;
      const before = pooled[i] as number;
      pooled[i] = pooling === 'max' ? Math.max(before, value) : before + value / count;
    }
  }
  return Float32Array.from(pooled);
}

/** Divided by its L2 norm; zeros stay zeros. */
export function normalize(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? vector.map((value) => value / norm) : vector;
}
