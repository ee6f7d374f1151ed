/**
 * Sealed inference: the model runs where it can reach neither network nor storage nor page.
 *
 * ```js
 * import { createSealedSession } from 'edgy/sealed';
 *
 * const session = await createSealedSession('/models/encoder.edgy', { level: 'high' });
 * const { codes } = await session.encode(audioBuffer);
 * console.log(session.report);
 * ```
 *
 * @module
 */
/// <reference lib="esnext.disposable" preserve="true" />

export type { Lockdown } from './seal/lockdown.js';
export type { Probes } from './seal/probes.js';
export type { Closure, Price, SealedOutput, WorkerReport } from './seal/report.js';
export type { SealedOptions, SealReport } from './sealed_session.js';
export { createSealedSession, SealedSession } from './sealed_session.js';
