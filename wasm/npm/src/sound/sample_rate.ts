/** Rates that sound can be brought from and to. */
import { EdgyError } from '../errors/errors.js';

/** Beyond that a filter would be longer than most recordings. */
const kMostRatio = 256;

/** Throws unless `rate` is one that sound of `modelRate` can be made of. */
export function checkRate(rate: unknown, modelRate: number): asserts rate is number {
  if (typeof rate !== 'number') {
    throw new EdgyError('invalid-argument', `sampleRate is of type ${typeof rate}: it must be a number of hertz.`);
  }
  const [least, most] = [modelRate / kMostRatio, modelRate * kMostRatio];
  if (!(rate >= least && rate <= most)) {
    throw new EdgyError(
      'invalid-argument',
      `sampleRate is ${rate}: it must be a number of hertz from ${least} to ${most} to be brought to ${modelRate} Hz.`,
    );
  }
}
