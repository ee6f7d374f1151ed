// A network of this process's own, with nothing on it but what the test puts there, and a count of the packets on it.
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const run = (command, ...parts) => execFileSync(command, parts, { stdio: 'pipe' }).toString();

/** Of another network and mount namespace, for programs that are started with it in front. */
export const kNamespace = ['unshare', '--net', '--mount'];

/** Whether this user may have a network of his own, and raw sockets on it. */
export function mayHaveNetwork() {
  try {
    const python = 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)';
    run(kNamespace[0], ...kNamespace.slice(1), 'sh', '-c', `ip link set lo up && python3 -c '${python}'`);
    return true;
  } catch {
    return false;
  }
}

/**
 * In a new namespace: a loopback interface, and a way out that leads nowhere, so that what would leave the machine is a packet as well.
 * Names are asked for on this machine. @param {string} file for the resolver's settings
 */
export function raiseNetwork(file) {
  // The kernel's own words on a new interface of version 6 would be packets too.
  writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  run('ip', 'link', 'set', 'lo', 'up');
  run('ip', 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'nowhere');
  run('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'out');
  run('ip', 'link', 'set', 'nowhere', 'up');
  run('ip', 'link', 'set', 'out', 'up');
  run('ip', 'route', 'add', 'default', 'via', '192.0.2.2');
  writeFileSync(file, 'nameserver 127.0.0.1\n');
  run('mount', '--bind', file, '/etc/resolv.conf');
}

/** Packets since the last question, described; undefined where they cannot be counted. */
export async function countPackets() {
  const counter = spawn('python3', [path.join(here, 'packets.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(counter.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  if ((await next()) !== 'counting') throw new Error('Packets cannot be counted here.');
  return {
    /** @returns {Promise<string[]>} */
    taken: async () => {
      counter.stdin.write('\n');
      return JSON.parse(await next());
    },
    close: () => counter.stdin.end(),
  };
}
