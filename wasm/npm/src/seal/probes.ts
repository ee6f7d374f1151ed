/** Whether a content security policy is in force in this scope. Nothing is asked of a network, whatever the answer. */

/** What the policy refused. All three belong there. */
export interface Probes {
  readonly connect: boolean;
  readonly import: boolean;
  readonly eval: boolean;
}

// As variables: the bundler would follow literals.
const kNothing = 'data:,';
const kEmptyModule = 'data:text/javascript,';

/** `connect` is the scope's `fetch`. */
export async function probePolicy(connect: typeof fetch): Promise<Probes> {
  const connected = refused(connect(kNothing));
  const imported = refused(import(kEmptyModule));
  return { eval: evalRefused(), connect: await connected, import: await imported };
}

function refused(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  );
}

function evalRefused(): boolean {
  try {
    new Function('')();
    return false;
  } catch {
    return true;
  }
}
