/** Fails to compile when src/engine/native.ts and the declarations that Embind generated differ in a name or a view's type. */
import type { ClassHandle, MainModule, Session, Status } from '#generated';
import type { NativeModule, NativeSession, NativeStatus } from '../src/engine/native.js';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Methods = Exclude<keyof Session, Exclude<keyof ClassHandle, 'delete'>>;
/** Parameters and, where Embind knows them better than as strings of any kind, results. */
type Signature<T, K extends keyof T> = T[K] extends (...parameters: infer P) => infer R
  ? [P, R extends Status ? Status : R extends NativeStatus ? Status : R]
  : never;

export const sameMethods: Equal<Methods, keyof NativeSession> = true;
export const sameFunctions: Equal<Exclude<keyof MainModule, 'Session'>, Exclude<keyof NativeModule, 'Session'>> = true;
export const sameStatus: Equal<keyof Status, keyof NativeStatus> = true;
export const sameViews: {
  [K in 'reserve' | 'input' | 'prepare' | 'run' | 'reserveSamples' | 'computeFrontEnd']: Equal<
    Signature<Session, K>,
    Signature<NativeSession, K>
  >;
} = { reserve: true, input: true, prepare: true, run: true, reserveSamples: true, computeFrontEnd: true };
