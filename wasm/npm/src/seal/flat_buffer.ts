/**
 * Reads tables of a FlatBuffer that nobody has verified: whatever points outside the buffer throws a RangeError. Enough for the few
 * fields that the guard needs, so that its trusted code stays small.
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  static root(bytes: ArrayBuffer): FlatTable {
    const view = new DataView(bytes);
    return new FlatTable(view, view.getUint32(0, true));
  }

  /** The position of field `slot` (counted as in the schema), or undefined when it has its default. */
  #field(slot: number): number | undefined {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const entry = 4 + 2 * slot;
    if (entry + 2 > this.#view.getUint16(vtable, true)) return undefined;
    const offset = this.#view.getUint16(vtable + entry, true);
    return offset === 0 ? undefined : this.#at + offset;
  }

  #target(slot: number): number | undefined {
    const field = this.#field(slot);
    return field === undefined ? undefined : field + this.#view.getUint32(field, true);
  }

  byte(slot: number, otherwise = 0): number {
    const field = this.#field(slot);
    return field === undefined ? otherwise : this.#view.getInt8(field);
  }

  /** An int32. */
  int(slot: number, otherwise = 0): number {
    const field = this.#field(slot);
    return field === undefined ? otherwise : this.#view.getInt32(field, true);
  }

  float(slot: number, otherwise = 0): number {
    const field = this.#field(slot);
    return field === undefined ? otherwise : this.#view.getFloat32(field, true);
  }

  string(slot: number): string {
    const start = this.#target(slot);
    if (start === undefined) return '';
    const length = this.#view.getUint32(start, true);
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, start + 4, length));
  }

  table(slot: number): FlatTable | undefined {
    const target = this.#target(slot);
    return target === undefined ? undefined : new FlatTable(this.#view, target);
  }

  /** A vector of int32. */
  ints(slot: number): number[] {
    return this.#elements(slot, (at) => this.#view.getInt32(at, true));
  }

  /** A vector of bytes as one of int32. */
  words(slot: number): number[] {
    const start = this.#target(slot);
    if (start === undefined) return [];
    const words = Math.floor(this.#view.getUint32(start, true) / 4);
    if (words > this.#view.byteLength / 4) throw new RangeError('A vector is longer than the file.');
    return Array.from({ length: words }, (_, index) => this.#view.getInt32(start + 4 + 4 * index, true));
  }

  tables(slot: number): FlatTable[] {
    return this.#elements(slot, (at) => new FlatTable(this.#view, at + this.#view.getUint32(at, true)));
  }

  #elements<T>(slot: number, read: (at: number) => T): T[] {
    const start = this.#target(slot);
    if (start === undefined) return [];
    const length = this.#view.getUint32(start, true);
    if (length > this.#view.byteLength / 4) throw new RangeError('A vector is longer than the file.');
    return Array.from({ length }, (_, index) => read(start + 4 + 4 * index));
  }
}
