// What of a runtime is left when some of its functions are cut.

/** @typedef {import('../../scripts/whole_module.mjs').Graph} Graph */

/**
 * Nodes of the graph that are reached from its roots without entering a cut function.
 * @param {Graph} graph @param {ReadonlySet<number>} cut @returns {Uint8Array} 1 for each node that is
 */
export function reachable({ edges, roots }, cut) {
  const reached = new Uint8Array(edges.length);
  const open = [...roots];
  while (open.length > 0) {
    const node = open.pop();
    if (reached[node]) continue;
    reached[node] = 1;
    if (!cut.has(node)) open.push(...edges[node]);
  }
  return reached;
}

/**
 * Ranges of bytes that nothing needs any more, in the segments: [segment, begin, end].
 * @param {Graph} graph @param {Uint8Array} reached
 */
export function deadData({ functions, data }, reached) {
  /** @type {Map<number, { begin: number, end: number, live: boolean }[]>} */
  const segments = new Map();
  data.forEach(([segment, begin, size], index) => {
    if (!segments.has(segment)) segments.set(segment, []);
    segments.get(segment).push({ begin, end: begin + size, live: reached[functions + index] === 1 });
  });
  const dead = [];
  for (const [segment, pieces] of segments) {
    const live = pieces.filter((piece) => piece.live);
    for (const { begin, end } of pieces.filter((piece) => !piece.live)) {
      // Pieces may lie in one another.
      let from = begin;
      for (const keep of live) {
        if (keep.end <= from || keep.begin >= end) continue;
        if (keep.begin > from) dead.push([segment, from, keep.begin]);
        from = Math.max(from, keep.end);
      }
      if (from < end) dead.push([segment, from, end]);
    }
  }
  return dead;
}
