/** The recognizer of digits that comes with the encoder: linear, on the events of level high, and on nothing else. */
import digits from '../../models/private-8-digits.json';
import { ask, type Belief, type Grams, gramCounts, type Judged, type Linear } from '../privacy/linear';

const kRecognizer = digits as Linear & Grams;

/** How often it was right about held-out recordings of four speakers. */
export const kJudged: Judged = kRecognizer.judged;

/** The likeliest first. */
export function recognize(events: Int32Array): Belief[] {
  return ask(kRecognizer, gramCounts(events, kRecognizer));
}
