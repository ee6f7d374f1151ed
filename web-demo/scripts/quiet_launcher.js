/**
 * Opens the quiet page on a host that sends no headers of one's own: a service worker for this folder takes the page, whose hash it was
 * built with, hands it out with the headers, once, and is gone.
 */
const say = (text) => {
  document.getElementById('state').textContent = text;
};

function settled(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === 'activated') resolve();
      else if (worker.state === 'redundant') reject(new Error('the page did not come as it was built'));
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

try {
  if (!navigator.serviceWorker) throw new Error('this browser has no service workers here');
  // Another quiet page would find the service worker that this one is about to have.
  const { held } = await navigator.locks.query();
  if (held.some(({ name }) => name === 'edgy-quiet')) throw new Error('it is open already: close it first');
  const registration = await navigator.serviceWorker.register('worker.js', { updateViaCache: 'none' });
  await settled(registration.installing ?? registration.waiting ?? registration.active);
  location.replace('page');
} catch (error) {
  say(`The page could not be loaded: ${error.message}.`);
}
