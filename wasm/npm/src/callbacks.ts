/** Calls functions of the caller: what they throw is reported as an error of the page and stops nothing of ours. */
export function tell<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value);
  } catch (error) {
    if (typeof reportError === 'function') reportError(error);
    else console.error(error);
  }
}
