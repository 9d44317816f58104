// The calling side in a process of its own: usage `client.ts TRANSPORT ADDRESS`. The parent asks (IPC) for a number of requests, one after the
// other, and gets their latencies in milliseconds; or for a number of events, `eventsAtOnce` of them under way, and is told when the
// transport has taken them all.

import 'reflect-metadata';
import { lastValueFrom } from 'rxjs';
import { eventPattern, requestPattern, type TransportName, transports } from './transports.ts';

export type Command =
  | { readonly kind: 'requests'; readonly count: number }
  | { readonly kind: 'events'; readonly count: number };

const eventsAtOnce = 500;

const [name = 'Drave', address = ''] = process.argv.slice(2);
const client = transports[name as TransportName].client(address);
await client.connect();

process.on('message', (command) => void run(command as Command));
process.once('SIGTERM', () => void Promise.resolve(client.close()).then(() => process.exit(0)));
process.send?.('ready');

async function run({ kind, count }: Command): Promise<void> {
  switch (kind) {
    case 'requests':
      process.send?.(await latencies(count));
      return;
    case 'events':
      await emitAll(count);
      process.send?.('emitted');
  }
}

async function latencies(count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let id = 0; id < count; id++) {
    const startedMs = performance.now();
    const answer = (await lastValueFrom(client.send(requestPattern, { id, amount: 5 }))) as unknown;
    samples.push(performance.now() - startedMs);
    const { total } = answer as { readonly total: number };
    if (total !== 10) throw new Error('the answer arrived damaged');
  }
  return samples;
}

async function emitAll(count: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const order = { id: next++, amount: 5 };
      await lastValueFrom(client.emit(eventPattern, order), { defaultValue: undefined });
    }
  };
  await Promise.all(Array.from({ length: eventsAtOnce }, lane));
}
