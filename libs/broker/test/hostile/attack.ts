// Sends one case on a connection of its own and tells how the broker took it: an answer, the end, or neither within the time.

import { connect } from 'node:net';
import { FrameReader } from '@drave/protocol';
import type { HostileCase } from './hostile-case.ts';

export interface AttackOptions {
  readonly port: number;
  /** Longest time to an answer or the end, milliseconds; default 10,000. */
  readonly timeoutMs?: number;
}

/** What went wrong, in words; undefined when the broker did right. */
export async function attack(
  one: HostileCase,
  options: AttackOptions,
): Promise<string | undefined> {
  const outcome = await outcomeOf(one, options);
  if (outcome === 'silent') return 'neither answered nor closed in time';
  if (outcome === 'refused') return 'the broker does not accept connections';
  if (outcome === 'closed') return one.expect === 'answered' ? 'closed, not answered' : undefined;
  if (one.expect === 'closed') return 'answered, not closed';
  try {
    return one.check?.(outcome);
  } catch (error) {
    return `the answer cannot be read: ${String(error)}`;
  }
}

function outcomeOf(
  one: HostileCase,
  { port, timeoutMs = 10_000 }: AttackOptions,
): Promise<Buffer | 'closed' | 'silent' | 'refused'> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const reader = new FrameReader({ maxFrameBytes: 200 * 1024 * 1024 });
    let isConnected = false;
    const settle = (outcome: Buffer | 'closed' | 'silent' | 'refused'): void => {
      clearTimeout(timer);
      socket.removeAllListeners('data');
      // A reset leaves no port waiting, so that tens of thousands of connections fit one after another.
      socket.resetAndDestroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle('silent'), timeoutMs);
    socket.once('connect', () => {
      isConnected = true;
      if (one.half) socket.end(one.bytes);
      else socket.write(one.bytes);
    });
    socket.on('data', (chunk: Buffer) => {
      const [frame] = reader.push(chunk);
      if (frame) settle(frame);
    });
    socket.on('error', () => settle(isConnected ? 'closed' : 'refused'));
    socket.once('end', () => settle('closed'));
    socket.once('close', () => settle('closed'));
  });
}
