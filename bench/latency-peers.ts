// The same measurement as latency.bench.ts on other logs: Redis Streams (XADD, XREAD BLOCK; bytes on two sockets, as with Drave) and NATS
// JetStream on files (push consumer without acks, through NATS' own Node client, whose cost counts). What is not installed is left out.

import { connect as connectSocket, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectNats } from '@nats-io/transport-node';
import { installed } from './harness.ts';
import { freePort, reachable, startPeer } from './peers.ts';

/** Latencies in milliseconds of `count` messages of 100 bytes, one a millisecond. */
export interface LatencyPeer {
  readonly name: string;
  measure(count: number): Promise<readonly number[]>;
  stop(): Promise<unknown>;
}

const payload = 'x'.repeat(100);

export async function latencyPeers(work: string): Promise<LatencyPeer[]> {
  const found: LatencyPeer[] = [];
  if (installed('redis-server')) found.push(await redis(work));
  else console.error('left out: Redis Streams (apt-get install redis-server)');
  if (installed('nats-server')) found.push(await nats(work));
  else console.error('left out: NATS JetStream (apt-get install nats-server)');
  return found;
}

/** Sends one a millisecond; settles when all have arrived. `send` gets the message's number, `arrived` is called for each in order. */
export async function paced(
  count: number,
  send: (at: number) => void,
  subscribe: (arrived: () => void) => void,
): Promise<readonly number[]> {
  const sentMs: number[] = [];
  const samples: number[] = [];
  const all = new Promise<void>((resolve) => {
    subscribe(() => {
      const at = samples.length;
      const nowMs = performance.now();
      samples.push(nowMs - (sentMs[at] ?? nowMs));
      if (samples.length === count) resolve();
    });
  });
  for (let at = 0; at < count; at++) {
    sentMs.push(performance.now());
    send(at);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await all;
  return samples;
}

async function redis(work: string): Promise<LatencyPeer> {
  const port = await freePort();
  const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', work];
  const server = startPeer('redis-server', [...address, '--appendonly', 'yes', '--save', '']);
  await reachable(port);
  let stream = 0;
  const open = async (): Promise<Socket> => {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  const command = (...words: string[]): string =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  return {
    name: 'Redis Streams, AOF everysec',
    async measure(count) {
      const [producer, consumer] = await Promise.all([open(), open()]);
      const name = `s${stream++}`;
      producer.resume();
      const samples = await paced(
        count,
        () => producer.write(command('XADD', name, '*', 'f', payload)),
        (arrived) => {
          // Read from the last id on; an answer ends with its last message.
          const read = (id: string): void => {
            consumer.write(command('XREAD', 'BLOCK', '0', 'STREAMS', name, id));
          };
          let text = '';
          consumer.on('data', (chunk: Buffer) => {
            text += chunk.toString('latin1');
            if (!text.endsWith(`${payload}\r\n`)) return;
            const ids = text.match(/\d{13}-\d+/g) ?? [];
            text = '';
            for (let i = 0; i < ids.length; i++) arrived();
            read(ids.at(-1) ?? '0');
          });
          read('0');
        },
      );
      producer.destroy();
      consumer.destroy();
      return samples;
    },
    stop: () => server.stop(),
  };
}

async function nats(work: string): Promise<LatencyPeer> {
  const port = await freePort();
  const storage = ['-js', '-sd', join(work, 'jetstream')];
  const server = startPeer('nats-server', ['-a', '127.0.0.1', '-p', String(port), ...storage]);
  await reachable(port);
  const servers = `127.0.0.1:${port}`;
  const [producer, consumer] = await Promise.all([
    connectNats({ servers }),
    connectNats({ servers }),
  ]);
  let stream = 0;
  const ask = async (subject: string, body: object): Promise<void> => {
    const { error } = (await consumer.request(subject, JSON.stringify(body))).json<{
      error?: { description: string };
    }>();
    if (error) throw new Error(`${subject}: ${error.description}`);
  };
  return {
    name: 'NATS JetStream, file',
    async measure(count) {
      const name = `s${stream++}`;
      const config = { name, subjects: [name], storage: 'file', num_replicas: 1 };
      await ask(`$JS.API.STREAM.CREATE.${name}`, config);
      const arrivals = `arrivals.${name}`;
      let arrive = (): void => undefined;
      const subscription = consumer.subscribe(arrivals, { callback: () => arrive() });
      await ask(`$JS.API.CONSUMER.CREATE.${name}`, {
        stream_name: name,
        config: { deliver_subject: arrivals, deliver_policy: 'all', ack_policy: 'none' },
      });
      // With a reply subject, so that the stream acknowledges.
      const acks = producer.subscribe(`acks.${name}`, { callback: () => undefined });
      const samples = await paced(
        count,
        () => producer.publish(name, payload, { reply: `acks.${name}` }),
        (arrived) => (arrive = arrived),
      );
      subscription.unsubscribe();
      acks.unsubscribe();
      return samples;
    },
    async stop() {
      await producer.close();
      await consumer.close();
      await server.stop();
    },
  };
}
