/** How the gate and the guard answer the page. */
import { EdgyError } from '../errors/errors.js';
import type { Outcome } from '../worker/protocol.js';
import { parseCall } from './checks.js';

export interface Reply {
  readonly message: { readonly id: number; readonly outcome: Outcome<unknown> };
  readonly transfer: Transferable[];
}

type Answering = (
  call: { readonly operation: unknown; readonly request: unknown },
  transfer: Transferable[],
) => Promise<unknown>;

/** `answer` may add to the list what is to be handed over instead of copied. Never throws; a message without an id gets no answer. */
export async function replyTo(message: unknown, answer: Answering): Promise<Reply | undefined> {
  const call = parseCall(message);
  if (!call) return undefined;
  const transfer: Transferable[] = [];
  try {
    const value = await answer(call, transfer);
    return { message: { id: call.id, outcome: { ok: true, value } }, transfer };
  } catch (error) {
    // Other errors may quote what they stumbled over.
    const { code, message } =
      error instanceof EdgyError ? error : new EdgyError('sealed', 'A message could not be read inside the seal.');
    return { message: { id: call.id, outcome: { ok: false, code, message } }, transfer: [] };
  }
}
