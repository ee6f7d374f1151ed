/** Writes the few tables of an .edgy file that the guard reads. */

type Node = { size: number; write(view: DataView, at: number, place: (child: Node) => number): void };

const text = (value: string): Node => {
  const bytes = new TextEncoder().encode(value);
  return {
    size: 4 + bytes.length + 1,
    write: (view, at) => {
      view.setUint32(at, bytes.length, true);
      new Uint8Array(view.buffer).set(bytes, at + 4);
    },
  };
};

const ints = (values: number[]): Node => ({
  size: 4 + 4 * values.length,
  write: (view, at) => {
    view.setUint32(at, values.length, true);
    for (const [i, value] of values.entries()) view.setInt32(at + 4 + 4 * i, value, true);
  },
});

const list = (items: Node[]): Node => ({
  size: 4 + 4 * items.length,
  write: (view, at, place) => {
    view.setUint32(at, items.length, true);
    for (const [i, item] of items.entries()) view.setUint32(at + 4 + 4 * i, place(item) - (at + 4 + 4 * i), true);
  },
});

interface Float {
  float: number;
}

/** Four bytes a field; a number is a scalar. The table's vtable follows it. */
const table = (fields: Record<number, Node | Float | number>): Node => {
  const slots = Math.max(-1, ...Object.keys(fields).map(Number)) + 1;
  const bytes = 4 + 4 * slots;
  return {
    size: bytes + 4 + 2 * slots,
    write: (view, at, place) => {
      const vtable = at + bytes;
      view.setInt32(at, at - vtable, true);
      view.setUint16(vtable, 4 + 2 * slots, true);
      view.setUint16(vtable + 2, bytes, true);
      for (const [slot, field] of Object.entries(fields)) {
        const here = at + 4 + 4 * Number(slot);
        view.setUint16(vtable + 4 + 2 * Number(slot), here - at, true);
        if (typeof field === 'number') view.setInt32(here, field, true);
        else if ('float' in field) view.setFloat32(here, field.float, true);
        else view.setUint32(here, place(field) - here, true);
      }
    },
  };
};

function serialize(root: Node): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(1 << 16));
  let end = 8;
  const place = (node: Node): number => {
    const at = end;
    end += (node.size + 3) & ~3;
    node.write(view, at, place);
    return at;
  };
  view.setUint32(0, place(root), true);
  return view.buffer.slice(0, end);
}

export interface Output {
  name: string;
  type: number;
  shape: number[];
  /** Of a constant: its place among the buffers. */
  buffer?: number;
}

export interface Said {
  events?: { leastRun?: number; classes: number; silence?: number[] };
  frameRate?: number;
}

/** Tensors by their place: the model's outputs first, then those of `more`. */
export interface Writer {
  kind: number;
  axis?: number;
  inputs: number[];
  outputs: number[];
}

export const kF32 = 0;
export const kI8 = 1;
export const kI32 = 3;
export const kI64 = 4;
export const kBool = 7;
export const kReshape = 10;
export const kConcat = 11;
export const kGather = 14;
export const kArgReduce = 17;
export const kNearestCode = 19;

export interface More {
  tensors?: Output[];
  operators?: Writer[];
  /** Words of four bytes. */
  buffers?: number[][];
  logMel?: { sampleRate?: number; hop?: number };
}

export function modelFile(
  outputs: Output[],
  policies: [name: string, level: number, said?: Said][],
  floor = 0,
  { tensors = [], operators = [], buffers = [], logMel }: More = {},
): ArrayBuffer {
  const toTensor = ({ name, type, shape, buffer }: Output) =>
    table({ 0: text(name), 1: type, 2: ints(shape), ...(buffer === undefined ? {} : { 5: buffer }) });
  const toOperator = ({ kind, axis, inputs, outputs }: Writer) =>
    table({ 1: kind, 2: table(axis === undefined ? {} : { 1: axis }), 3: ints(inputs), 4: ints(outputs) });
  // A vector of bytes is as long as it has bytes.
  const toBuffer = (words: number[]) => {
    const data = ints(words);
    return table({
      0: {
        size: data.size,
        write: (view, at, place) => {
          data.write(view, at, place);
          view.setUint32(at, 4 * words.length, true);
        },
      },
    });
  };
  const toEvents = ({ leastRun, classes, silence = [] }: NonNullable<Said['events']>) =>
    table({ ...(leastRun === undefined ? {} : { 0: leastRun }), 1: classes, 2: ints(silence) });
  const entries = policies.map(([name, level, { events, frameRate } = {}]) =>
    table({
      0: text(name),
      1: level,
      ...(events ? { 2: toEvents(events) } : {}),
      ...(frameRate === undefined ? {} : { 3: { float: frameRate } }),
    }),
  );
  const sound = logMel && table({ 0: logMel.sampleRate ?? 16000, 2: logMel.hop ?? 160 });
  const metadata = table({ ...(sound ? { 7: sound } : {}), 8: list(entries), 9: floor });
  return serialize(
    table({
      2: list([...outputs, ...tensors].map(toTensor)),
      3: list(operators.map(toOperator)),
      5: ints(outputs.map((_, i) => i)),
      6: list(buffers.map(toBuffer)),
      7: metadata,
    }),
  );
}
