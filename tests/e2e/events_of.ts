/** What codes become as events: the definition once more (wasm/format/edgy.fbs), for runs of two frames or more. */
export function eventsOf(codes: readonly number[], silence = 0): number[] {
  const events: number[] = [];
  for (let begin = 0, end = 0; begin < codes.length; begin = end) {
    while (end < codes.length && codes[end] === codes[begin]) end++;
    const code = codes[begin] as number;
    if (end - begin >= 2 && code !== silence && code !== events.at(-1)) events.push(code);
  }
  return events;
}
