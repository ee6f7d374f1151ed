/**
 * The first script of the quiet page, before its policy forbids it everything: asks its own server one question, to see whether the wall
 * stands; takes away what would announce names on the local network; and leaves no service worker of this origin that would fetch for
 * the page what the page may not.
 */
{
  delete globalThis.RTCPeerConnection;
  delete globalThis.webkitRTCPeerConnection;
  const asked = fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(
    () => 'answered',
    () => 'refused',
  );
  const leave = async () => {
    const container = navigator.serviceWorker;
    if (!container) return;
    for (const registration of await container.getRegistrations()) await registration.unregister();
    if ((await container.getRegistrations()).length > 0) {
      throw new Error(
        'A service worker of this site cannot be removed. It could speak for this page, so nothing was started.',
      );
    }
  };
  // Held for as long as the page lives, so that other pages of this site register none meanwhile (src/offline.ts).
  void navigator.locks?.request('edgy-quiet', () => new Promise(() => {}));
  const alone = leave();
  alone.catch(() => {});
  globalThis.edgyQuiet = { asked, alone };
}
