/** What went wrong, for programs. These strings are stable. */
export type EdgyErrorCode =
  /** The bytes are not a well-formed .edgy model. */
  | 'invalid-model'
  /** A well-formed model of a version, feature or operator that this runtime does not know. */
  | 'unsupported-model'
  /** A fed tensor or recording of the wrong name, type or shape. */
  | 'invalid-input'
  /** An option, name or call that does not exist or is out of range. */
  | 'invalid-argument'
  /** The run needs more memory than there is, or than `memoryLimit` allows. */
  | 'out-of-memory'
  /** The run would take more multiplications than `workLimit` allows. */
  | 'too-much-work'
  /** A defect of Edgy's own, or a worker that died. */
  | 'internal'
  /** The caller's `AbortSignal` fired. */
  | 'aborted'
  /** The session was released. */
  | 'released'
  /** The model or the runtime could not be fetched. */
  | 'network'
  /** A file hashes to something else than the option `integrity` says, or files of two builds of the package were mixed. */
  | 'integrity'
  /** A seal could not be closed, or what crossed it was not what may cross it. Nothing was handed out. */
  | 'sealed'
  /** An output, a level or a policy that the privacy level of a sealed session does not allow. */
  | 'refused';

const kMostLetters = 2000;

/** The only error that this package throws or rejects with. Its `name` is 'AbortError' for the code `aborted`, as of the platform's own. */
export class EdgyError extends Error {
  readonly code: EdgyErrorCode;

  constructor(code: EdgyErrorCode, message: string, options?: ErrorOptions) {
    // An address may be a data: URL of megabytes.
    super(message.length > kMostLetters ? `${message.slice(0, kMostLetters)}...` : message, options);
    this.name = code === 'aborted' ? 'AbortError' : 'EdgyError';
    this.code = code;
  }
}

/** @internal The `aborted` error for a signal, with the caller's reason as its cause. */
export function abortedError(signal: AbortSignal): EdgyError {
  return new EdgyError('aborted', 'The operation was aborted.', { cause: signal.reason });
}

/** @internal */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** @internal `work`, whatever it rejects with made an EdgyError. */
export function typed<T>(work: Promise<T>): Promise<T> {
  return work.catch((error) => {
    throw error instanceof EdgyError ? error : new EdgyError('internal', messageOf(error), { cause: error });
  });
}

/** @internal A sentence out of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
