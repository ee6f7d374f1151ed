/** A page with the package in it, and the native runtime beside it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Page } from '@playwright/test';
import type * as Edgy from 'edgy';
import { formatNpy, parseNpy, parseNpz } from '../lib/npy.mjs';
import { dist, e2eOutput, edgy, models, rates, reference, speech } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';

export interface Bits {
  readonly dims: number[];
  /** Bit patterns of floats; plain numbers of integers. */
  readonly values: number[];
}
export type Result<T> =
  | { value: T; code?: undefined }
  | { code: string; message: string; typed: boolean; value?: undefined };

/** A row of the table of hostile models. */
export interface HostileModel {
  readonly name: string;
  /** Of the native runtime: a code, or 'runs'. */
  readonly outcome: string;
  /** Of the native runtime, one after the other, in base64; absent where they are large. */
  readonly outputs?: string;
  /** In base64. */
  readonly file: string;
}
export interface Attempts {
  readonly results: readonly { readonly code: string; readonly differs: string; readonly typed: boolean }[];
  readonly undisturbed: boolean;
}

declare global {
  /** What site/page.js puts there. */
  var kit: {
    edgy: typeof Edgy;
    outcome<T>(work: () => Promise<T>): Promise<Result<T>>;
    outputsOf(outputs: Record<string, Edgy.Tensor>): Record<string, Bits>;
    bitsOf(tensor: Edgy.Tensor): Bits;
    melOf(mel: { dims: number[]; values: number[] }): Edgy.Tensor<'float32'>;
    /** Out of base64. */
    bytesOf(text: string): Uint8Array<ArrayBuffer>;
    decode(url: string, context?: BaseAudioContext): Promise<AudioBuffer>;
    /** Loads each row and runs it once (site/attempts.js). */
    attempts(rows: readonly HostileModel[]): Promise<Attempts>;
  };
  /** Kept between two steps of a test. */
  var session: Edgy.InferenceSession;
  var encoder: Edgy.AudioEncoder;
}

const site = path.join(path.dirname(fileURLToPath(import.meta.url)), 'site');
const html = '<!doctype html><title>Not found</title><p>Have you tried our search?</p>';

export const test = base.extend<{ open: (page: Page, at?: string) => Promise<void> }, { server: string }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
    async ({}, use) => {
      const server = await serve(
        { '/site/': site, '/edgy/': dist, '/models/': models, '/speech/': speech, '/rates/': rates },
        { '/page-instead-of-model.edgy': { type: 'text/html', body: html } },
      );
      await use(server.url);
      server.close();
    },
    { scope: 'worker' },
  ],
  open: async ({ server }, use) => {
    await use(async (page, at = '/site/') => {
      await page.goto(server + at);
      await page.waitForFunction(() => 'kit' in globalThis);
    });
  },
});

export { expect };

export interface Case {
  readonly file: string;
  readonly mel: { dims: number[]; values: number[]; floats: Float32Array };
  readonly z: Float32Array;
  readonly indices: number[];
}

/** The reference recordings: log-mel, and what PyTorch computed from it. */
export function cases(): Case[] {
  const arrays = parseNpz(readFileSync(reference));
  const count = Object.keys(arrays).filter((name) => name.endsWith('.mel')).length;
  return Array.from({ length: count }, (_, i) => {
    const { dims, data } = arrays[`${i}.mel`] as { dims: number[]; data: Float32Array };
    return {
      file: String(arrays[`${i}.file`]?.data),
      mel: { dims, values: Array.from(data), floats: data },
      z: arrays[`${i}.z`]?.data as Float32Array,
      indices: Array.from(arrays[`${i}.indices`]?.data as BigInt64Array, Number),
    };
  });
}

/** Outputs of `edgy run` on a log-mel. */
export function runNatively(model: string, mel: Case['mel']): Record<string, Bits> {
  mkdirSync(e2eOutput, { recursive: true });
  const folder = mkdtempSync(path.join(e2eOutput, 'native-'));
  const input = path.join(folder, 'mel.npy');
  writeFileSync(input, formatNpy(mel.floats, mel.dims));
  execFileSync(edgy, ['run', model, '--input', `mel=${input}`, '-o', folder], { stdio: 'pipe' });
  const read = (name: string): Bits => {
    const { type, dims, data } = parseNpy(readFileSync(path.join(folder, `${name}.npy`)));
    return {
      dims,
      values:
        type === 'float32'
          ? Array.from(new Uint32Array((data as Float32Array).buffer))
          : Array.from(data as BigInt64Array, Number),
    };
  };
  return { z: read('z'), indices: read('indices') };
}

export const toFloats = ({ values }: Bits): Float32Array => new Float32Array(new Uint32Array(values).buffer);

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** The share of equal entries. */
export function agreement(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.filter((code, i) => code === b[i]).length / a.length;
}
