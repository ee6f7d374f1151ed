// The command edgy, as the measurements of this folder call it.
import { spawnSync } from 'node:child_process';
import { edgy } from '../lib/paths.mjs';

/** What it prints; what it says on standard error passes through. @param {...string} args */
export function run(...args) {
  const { status, stdout, error } = spawnSync(edgy, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`edgy ${args[0]} ended with status ${status}`);
  return stdout;
}
