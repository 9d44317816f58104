// Reading a stream from its beginning out of other logs: Redis Streams (XREAD, a thousand entries a request, counted and thrown away
// as bytes) and NATS JetStream on files (its C client). What is not installed is left out, in a line.

import { execFile, execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Contestant, installed } from './harness.ts';
import { compileNatsDriver, freePort, reachable, type Shape, startPeer } from './peers.ts';

const run = promisify(execFile);
const entriesPerRead = 1000;
const megabyte = 1e6;

interface Stoppable {
  stop(): Promise<unknown>;
}

/** Contestants in MB/s of payload; their servers join `servers`. */
export async function consumePeers(
  work: string,
  shape: Shape,
  servers: Stoppable[],
): Promise<Contestant[]> {
  const found: Contestant[] = [];
  if (installed('redis-server') && installed('redis-benchmark'))
    found.push(await redis(work, shape, servers));
  else console.error('left out: Redis Streams (apt-get install redis-server)');
  const driver = installed('nats-server') ? compileNatsDriver(work) : undefined;
  if (driver) found.push(await nats(work, driver, shape, servers));
  else console.error('left out: NATS JetStream (apt-get install nats-server libnats-dev gcc)');
  return found;
}

async function redis(work: string, shape: Shape, servers: Stoppable[]): Promise<Contestant> {
  const port = await freePort();
  servers.push(
    startPeer('redis-server', [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', work],
      ...['--appendonly', 'no', '--save', ''],
    ]),
  );
  await reachable(port);
  const count = Math.min(shape.count, 400_000);
  const payload = 'x'.repeat(shape.sizeBytes);
  const load = ['-p', String(port), '-P', '64', '-c', '4', '-n', String(count), '-q'];
  execFileSync('redis-benchmark', [...load, 'XADD', 's', '*', 'f', payload], { stdio: 'ignore' });
  return {
    name: `Redis Streams, XREAD COUNT ${entriesPerRead}, ${shape.sizeBytes} B messages`,
    unit: 'MB/s',
    async measure() {
      const seconds = await readStream(port, count);
      return (count * shape.sizeBytes) / megabyte / seconds;
    },
  };
}

/** Seconds until `count` entries of the stream `s` have arrived. */
function readStream(port: number, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const field = Buffer.from('\r\n$1\r\nf\r\n'); // once in each entry, right after its id
    const startedMs = performance.now();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const ask = (id: string): boolean =>
      socket.write(`XREAD COUNT ${entriesPerRead} STREAMS s ${id}\r\n`);
    let [seen, inAnswer] = [0, 0];
    let answer: Buffer = Buffer.alloc(0);
    let searched = 0;
    socket.on('data', (chunk: Buffer) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      for (
        let at = answer.indexOf(field, searched);
        at >= 0;
        at = answer.indexOf(field, searched)
      ) {
        searched = at + field.length;
        inAnswer++;
      }
      const expected = Math.min(entriesPerRead, count - seen);
      const rest = answer.subarray(searched);
      const length = /^\$(\d+)\r\n/.exec(rest.toString('latin1', 0, 16));
      const wanted = length ? length[0].length + Number(length[1]) + 2 : Infinity;
      if (inAnswer < expected || rest.length < wanted) return;
      seen += inAnswer;
      const before = answer.toString('latin1', Math.max(0, searched - 64), searched);
      [answer, searched, inAnswer] = [Buffer.alloc(0), 0, 0];
      if (seen < count) return void ask(/(\d+-\d+)(?!.*\d-)/s.exec(before)?.[1] ?? '0');
      socket.destroy();
      resolve((performance.now() - startedMs) / 1000);
    });
    socket.once('error', reject);
    ask('0');
  });
}

async function nats(
  work: string,
  driver: string,
  shape: Shape,
  servers: Stoppable[],
): Promise<Contestant> {
  const port = await freePort();
  const storage = ['-js', '-sd', join(work, 'jetstream')];
  servers.push(startPeer('nats-server', ['-a', '127.0.0.1', '-p', String(port), ...storage]));
  await reachable(port);
  const count = Math.min(shape.count, 60_000); // the client drops what waits beyond 65,536 messages
  let stream = 0;
  return {
    name: `NATS JetStream, file, C client, ${shape.sizeBytes} B messages`,
    unit: 'MB/s',
    async measure() {
      const figures = [
        'consume',
        `nats://127.0.0.1:${port}`,
        `s${stream++}`,
        count,
        shape.sizeBytes,
      ];
      const { stdout } = await run(driver, figures.map(String));
      return Number(/ ([\d.]+) MB\/s/.exec(stdout)?.[1]);
    },
  };
}
