/**
 * Whether the browser would tell somebody what a policy refused. A refused address is a string that the one who asked has chosen; a
 * policy that came with the response's headers (Report-Only as well) may have it sent to its own report-uri or report-to. The
 * browser tells this scope, too, which policies refuse something, and what they say.
 */

/** Loads of every kind that a policy might tell apart. None goes to a network: the seal's own policy refuses every one. */
const kLoads = [
  'edgy-probe:',
  'http://edgy-probe.invalid/',
  'https://edgy-probe.invalid/',
  'https://edgy-probe.invalid:8443/',
] as const;
const kFirst = 'data:text/javascript,';
/** What is told of this one is told after all else. */
const kLast = 'https://last.edgy-probe.invalid/';

/** A browser tells within milliseconds. */
const kPatience = 3000;

interface Violation {
  readonly originalPolicy: string;
  readonly disposition: string;
  readonly blockedURI: string;
}

/** Of the seal's own policy: no other would have a reason to say this. */
const kOwn = /\btrusted-types edgy-seal\b/;
const kReports = /(?:^|[;,])\s*(report-uri|report-to)\s/i;

/** Why no seal can be closed here; '' where nobody is told. To be called before the scope loses its names. */
export async function whoIsTold(
  listen: typeof addEventListener,
  connect: typeof fetch,
  later: typeof setTimeout,
): Promise<string> {
  const own: string[] = [];
  let found = '';
  let told = () => {};
  listen('securitypolicyviolation', ((violation: Violation) => {
    const { originalPolicy, disposition, blockedURI } = violation;
    const [, directive] = kReports.exec(originalPolicy) ?? [];
    const header = `Content-Security-Policy${disposition === 'report' ? '-Report-Only' : ''}`;
    if (directive) found ||= reported(header, directive);
    if (kOwn.test(originalPolicy) && disposition === 'enforce') own.push(blockedURI);
    told();
  }) as unknown as EventListener);

  const heardOf = (load: string) => own.some((blocked) => blocked.startsWith(load));

  /** Until the seal's own policy has been heard to refuse `load`, or for as long as that may take. */
  const hear = (load: string) =>
    new Promise<boolean>((resolve) => {
      told = () => {
        if (heardOf(load)) resolve(true);
      };
      later(() => resolve(false), kPatience);
      told();
    });

  // The policy itself first: the other loads are tried on the strength of it.
  const first = [connect('data:,'), import(kFirst)].map(refused);
  if ((await Promise.all(first)).includes(false)) {
    return 'The content security policy of seal.htm does not hold in its inner frame.';
  }
  const silent = 'The browser does not tell what a policy refuses, so that reports cannot be ruled out.';
  if (!(await hear('data'))) return silent;
  await Promise.all(kLoads.map((load) => refused(import(load))));
  await refused(import(kLast));
  return (await hear(kLast.slice(0, -1))) ? found : silent;
}

function refused(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  );
}

/** For a policy with a `directive` that sends reports, in a `header`. */
export function reported(header: string, directive: string): string {
  return (
    `A policy that comes with seal.htm (${header}) has refusals reported, by ${directive}: what the seal refuses would leave it in ` +
    'a report. Serve seal.htm without it: its own policy is in the file, and in integrity.json for servers that send one with everything.'
  );
}
