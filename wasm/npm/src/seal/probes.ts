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

export async function probePolicy(): Promise<Probes> {
  const refused = (work: Promise<unknown>) =>
    work.then(
      () => false,
      () => true,
    );
  const connect = refused(fetch(kNothing));
  const imported = refused(import(kEmptyModule));
  return { eval: evalRefused(), connect: await connect, import: await imported };
}

function evalRefused(): boolean {
  try {
    new Function('')();
    return false;
  } catch {
    return true;
  }
}
