/** From an ONNX model and a tokenizer to a model's file, by the command. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Kind, tokenizers } from './tokenizers.js';

const command = path.resolve(__dirname, '../../../../build/native/bin/edgy');

/** The .edgy file of an ONNX model with a tokenizer: one of a kind, any, or none. `words`: further options of `edgy convert`. */
export function convert(onnx: Uint8Array, tokenizer: Kind | object | undefined, ...words: string[]): Uint8Array {
  if (!existsSync(command)) throw new Error(`${command} is missing: make converter`);
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'edgy-text-'));
  try {
    const at = (name: string) => path.join(scratch, name);
    writeFileSync(at('m.onnx'), onnx);
    const json = typeof tokenizer === 'string' ? tokenizers[tokenizer] : tokenizer;
    if (json) writeFileSync(at('tokenizer.json'), JSON.stringify(json, null, 2));
    const options = ['--precision', 'f32', ...(json ? ['--tokenizer', at('tokenizer.json')] : []), ...words];
    execFileSync(command, ['convert', at('m.onnx'), '-o', at('m.edgy'), ...options], { stdio: 'pipe' });
    return new Uint8Array(readFileSync(at('m.edgy')));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
