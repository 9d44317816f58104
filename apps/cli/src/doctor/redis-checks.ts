// What Drave asks of its Redis: it answers, is new enough, never evicts keys, keeps them over a restart, and tells the right time.
// Speaks RESP itself: four commands, no reconnecting. Protects: the password is in no finding. Leaves out: rediss:// (TLS), Sentinel.

import type { Platform, Socket } from '@drave/platform';
import { checkSkew } from './cluster-checks.js';
import { fine, skipped, trouble, type Finding } from './finding.js';

const timeoutMs = 3_000;
const replyBytesMax = 256 * 1024;

export async function checkRedis(platform: Platform, url: string | undefined): Promise<Finding[]> {
  if (!url) return [skipped('redis', 'DRAVE_REDIS_URL is not set: each process for itself')];
  if (!URL.canParse(url)) {
    return [trouble('fail', 'redis', 'DRAVE_REDIS_URL is no URL', 'Write redis://HOST:PORT.')];
  }
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== 'redis:') return [skipped('redis', 'only redis:// is looked at, not TLS')];
  const address = { host: hostname, port: Number(port || 6379) };
  const shown = `${address.host}:${address.port}`;
  let socket: Socket;
  try {
    socket = await platform.network.connect(address, { timeoutMs });
  } catch (error) {
    const message = `${shown} does not answer (${(error as NodeJS.ErrnoException).code})`;
    const remedy = 'Start it or correct DRAVE_REDIS_URL; brokers and processors go on without it.';
    return [trouble('fail', 'redis', message, remedy)];
  }
  try {
    const login = username ? [decode(username), decode(password)] : [decode(password)];
    const commands = [
      ...(password ? [['AUTH', ...login]] : []),
      ['INFO'],
      ['TIME'],
      ['CONFIG', 'GET', 'maxmemory-policy'],
    ];
    const text = await ask(platform, socket, commands);
    if (/^-(?:NOAUTH|WRONGPASS|ERR AUTH|ERR invalid)/m.test(text)) {
      const remedy = 'Put user and password into DRAVE_REDIS_URL: redis://USER:PASSWORD@HOST:PORT.';
      return [trouble('fail', 'redis', `${shown} wants another password`, remedy)];
    }
    return judge(platform, shown, text);
  } finally {
    socket.destroy();
  }
}

function judge({ clock }: Platform, shown: string, text: string): Finding[] {
  const fact = (name: string): string =>
    new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1] ?? '';
  const version = fact('redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const policy = fact('maxmemory_policy') || (/(\w+-?\w*)\r\n$/.exec(text)?.[1] ?? '');
  const persists = fact('aof_enabled') === '1';
  const seconds = Number(/\*2\r\n\$10\r\n(\d{10})\r\n/.exec(text)?.[1]);
  const isNew = major > 6 || (major === 6 && minor >= 2);
  return [
    isNew
      ? fine('redis version', `${shown} is Redis ${version}`)
      : trouble('fail', 'redis version', `Redis ${version || '?'}`, 'Use Redis 6.2 or newer.'),
    policy === 'noeviction'
      ? fine('redis policy', 'noeviction')
      : trouble(
          'fail',
          'redis policy',
          `maxmemory-policy is ${policy || 'unknown'}: leases and jobs may vanish`,
          'Set it: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf.',
        ),
    persists
      ? fine('redis persistence', 'append-only file')
      : trouble(
          'warn',
          'redis persistence',
          'no append-only file: background jobs are lost with a restart',
          'Start it with --appendonly yes.',
        ),
    Number.isNaN(seconds)
      ? skipped('clock of redis', 'it did not tell its time')
      : checkSkew('clock of redis', seconds * 1_000 + 500 - clock.nowMs()),
  ];
}

function decode(part: string): string {
  return decodeURIComponent(part);
}

/** Sends all commands at once and ends with a PING, whose answer is the last. */
function ask(
  { scheduler }: Platform,
  socket: Socket,
  commands: readonly (readonly string[])[],
): Promise<string> {
  const marker = 'drave-doctor-end';
  const encode = (words: readonly string[]): string =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = scheduler.setTimer(timeoutMs, () => reject(new Error('Redis does not answer')));
    const settle = (): void => {
      timer.cancel();
      resolve(text.split(`$${marker.length}\r\n${marker}`)[0] ?? '');
    };
    socket.onData((chunk) => {
      text += chunk.toString('utf8');
      if (text.includes(marker) || /^-NOAUTH/m.test(text) || text.length > replyBytesMax) settle();
    });
    socket.onClose(settle);
    socket.write([Buffer.from([...commands, ['ECHO', marker]].map(encode).join(''))]);
  });
}
