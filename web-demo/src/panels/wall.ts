/** Whether the outer wall stands: what was seen of it, not what was sent for it. */
import { quiet } from '../quiet/shelf';

/** Part of start-up. */
export async function showWall(): Promise<void> {
  const line = document.getElementById('wall') as HTMLElement;
  if (!quiet) {
    line.dataset.state = 'parts';
    return;
  }
  // A link would lead this page away and nowhere else: its address can be copied.
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href]:not([href^="#"])')) {
    link.replaceWith(
      link.hostname === location.hostname ? (link.textContent ?? '') : `${link.textContent} (${link.href})`,
    );
  }
  const asked = await quiet.asked;
  line.dataset.state = asked === 'refused' ? 'stands' : 'none';
  line.textContent = wordsOf(asked);
}

function wordsOf(asked: 'refused' | 'answered'): string {
  if (asked === 'answered') {
    return (
      'No outer wall: this browser let the page’s one question to its own server through, so it does not know the header ' +
      'Connection-Allowlist. The page’s policy and the seal stand alone.'
    );
  }
  // A browser without a network refuses just as fast.
  if (!navigator.onLine) {
    return 'Whether the outer wall stands was not seen: this device has no network, so no question would have been answered.';
  }
  return (
    'The outer wall stands: before it heard anything, this page asked its own server one question, and the browser refused to send it. ' +
    'No connection leaves this document, to no server at all.'
  );
}
