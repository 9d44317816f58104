// What every Network must do between two healthy ends. Leaves out: cuts and delays, which only a simulated one can show.

import assert from 'node:assert/strict';
import type { Listener, Network, Socket } from '../network.js';
import { errorCode } from '../system-error.js';
import type { TestRunner } from './test-runner.js';

export interface NetworkHarness {
  /** The machine that listens. */
  readonly server: Network;
  /** The machine that connects; may be the same one. */
  readonly client: Network;
  /** A host name the server can bind and the client can reach. */
  readonly host: string;
}

export type WithNetwork = (body: (harness: NetworkHarness) => Promise<void>) => Promise<void>;

/** Registers the suite; `name` tells the adapter. */
export function networkSuite(runner: TestRunner, name: string, withNetwork: WithNetwork): void {
  runner.describe(`Network: ${name}`, () => {
    const test = (claim: string, body: (harness: NetworkHarness) => Promise<void>): void => {
      runner.it(claim, () => withNetwork(body));
    };
    listenerTests(test);
    streamTests(test);
    ownershipTests(test);
    closingTests(test);
    lastWordTests(test);
  });
}

type Test = (claim: string, body: (harness: NetworkHarness) => Promise<void>) => void;

function listenerTests(test: Test): void {
  test('takes a free port for port 0 and refuses a taken one', async ({ server, host }) => {
    const first = await server.listen({ host, port: 0 }, () => undefined);
    assert.ok(first.address.port > 0);
    await assert.rejects(
      server.listen(first.address, () => undefined),
      hasCode('EADDRINUSE'),
    );
    await first.close();
    const again = await server.listen(first.address, () => undefined);
    await again.close();
  });

  test('refuses a connection nobody listens for', async ({ server, client, host }) => {
    const listener = await server.listen({ host, port: 0 }, () => undefined);
    await listener.close();
    await assert.rejects(
      client.connect(listener.address, { timeoutMs: 5_000 }),
      hasCode('ECONNREFUSED'),
    );
  });

  test('keeps accepted sockets when the listener closes', async (harness) => {
    const pair = await connectPair(harness);
    await pair.listener.close();
    const received = collect(pair.accepted);
    pair.connected.write([Buffer.from('still here')]);
    pair.connected.end();
    assert.equal((await received).toString(), 'still here');
  });

  test('names both ends alike', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    assert.equal(connected.remote.port, listener.address.port);
    assert.equal(accepted.local.port, listener.address.port);
    assert.equal(accepted.remote.port, connected.local.port);
    await closePair(connected, accepted);
    await listener.close();
  });
}

function streamTests(test: Test): void {
  test('delivers all bytes in order, both ways', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const chunks = Array.from({ length: 2000 }, (_, index) => Buffer.alloc(100, index));
    const there = collect(accepted);
    const back = collect(connected);
    for (let index = 0; index < chunks.length; index += 7) {
      connected.write(chunks.slice(index, index + 7));
      accepted.write(chunks.slice(index, index + 7));
    }
    accepted.onEnd(() => accepted.end());
    connected.end();
    const expected = Buffer.concat(chunks);
    assert.ok((await there).equals(expected));
    assert.ok((await back).byteLength <= expected.byteLength); // after end() what arrives is dropped
    await listener.close();
  });

  test('holds bytes back until onData is set and while paused', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    connected.write([Buffer.from('early ')]);
    await roundTrip(harness);
    const parts: string[] = [];
    const first = new Promise<void>((resolve) =>
      accepted.onData((chunk) => {
        parts.push(chunk.toString());
        resolve();
      }),
    );
    await first;
    accepted.pause();
    connected.write([Buffer.from('later')]);
    await roundTrip(harness);
    assert.equal(parts.join(''), 'early ');
    const closed = new Promise<void>((resolve) => accepted.onClose(() => resolve()));
    accepted.resume();
    connected.end();
    await closed;
    assert.equal(parts.join(''), 'early later');
    await listener.close();
  });

  test('tells a fast writer to wait and when to go on', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const chunk = Buffer.alloc(64 * 1024, 1);
    let sentBytes = 0;
    let hasRoom = true;
    while (hasRoom && sentBytes < 256 * 1024 * 1024) {
      hasRoom = connected.write([chunk]);
      sentBytes += chunk.byteLength;
    }
    assert.equal(hasRoom, false);
    assert.ok(connected.queuedBytes > 0);
    const drained = new Promise<void>((resolve) => connected.onDrain(resolve));
    const received = collect(accepted);
    await drained;
    assert.equal(connected.write([Buffer.from('.')]), true);
    connected.end();
    assert.equal((await received).byteLength, sentBytes + 1);
    await listener.close();
  });
}

function ownershipTests(test: Test): void {
  test('lends its chunks, read into the memory the receiver names or not', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const memory = Buffer.alloc(1000);
    const parts: Buffer[] = [];
    const closed = new Promise<void>((resolve) => accepted.onClose(() => resolve()));
    accepted.onLentData(
      (chunk) => parts.push(Buffer.from(chunk)),
      () => (parts.length % 3 === 0 ? undefined : memory),
    );
    const isSent = new Promise<boolean>((resolve) => connected.write([sent], resolve));
    assert.equal(await isSent, true);
    connected.end();
    await closed;
    assert.ok(Buffer.concat(parts).equals(sent));
    await listener.close();
  });

  test('tells once what became of the chunks it was given', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const told: boolean[] = [];
    accepted.onData(() => undefined);
    await new Promise<void>((resolve) => {
      const chunks = [Buffer.from('a'), Buffer.from('b')];
      connected.write(chunks, (isSent) => {
        told.push(isSent);
        resolve();
      });
      assert.deepEqual(told, []); // never from inside write
    });
    connected.destroy();
    await new Promise<void>((resolve) => {
      connected.write([Buffer.from('c')], (isSent) => {
        told.push(isSent);
        resolve();
      });
    });
    assert.deepEqual(told, [true, false]);
    await listener.close();
  });
}

function closingTests(test: Test): void {
  test('sends what is queued before end closes, and closes both ends once', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const log: string[] = [];
    const bothClosed = Promise.all([
      new Promise<void>((resolve) =>
        connected.onClose(() => {
          log.push('connected');
          resolve();
        }),
      ),
      new Promise<void>((resolve) =>
        accepted.onClose((error) => {
          log.push(`accepted ${error?.message ?? 'fine'}`);
          resolve();
        }),
      ),
    ]);
    let receivedBytes = 0;
    let endCount = 0;
    accepted.onData((chunk) => (receivedBytes += chunk.byteLength));
    accepted.onEnd(() => (endCount += 1));
    connected.write([Buffer.alloc(1_000_000)]);
    connected.end();
    connected.end();
    await bothClosed;
    connected.destroy();
    await roundTrip(harness);
    assert.deepEqual([receivedBytes, endCount], [1_000_000, 1]);
    assert.deepEqual(log.toSorted(), ['accepted fine', 'connected']);
    await listener.close();
  });
}

function lastWordTests(test: Test): void {
  test('delivers the last answer to a peer that still sends', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const received = collect(connected);
    accepted.onData(() => {
      accepted.write([Buffer.from('refused')]);
      accepted.end();
    });
    for (let index = 0; index < 20; index += 1) connected.write([Buffer.alloc(50_000)]);
    assert.equal((await received).toString(), 'refused');
    await listener.close();
  });

  test('closes the other end when one is destroyed; writes into it do no harm', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    const closed = new Promise<void>((resolve) => accepted.onClose(() => resolve()));
    accepted.onData(() => undefined);
    connected.destroy();
    connected.write([Buffer.from('into the void')]);
    await closed;
    accepted.write([Buffer.from('into the void')]);
    accepted.destroy();
    await listener.close();
  });

  test('calls nothing re-entrantly from inside write', async (harness) => {
    const { connected, accepted, listener } = await connectPair(harness);
    let isInside = false;
    let calls = 0;
    const note = (): void => {
      calls += 1;
      assert.equal(isInside, false);
    };
    const closed = new Promise<void>((resolve) =>
      accepted.onClose(() => {
        note();
        resolve();
      }),
    );
    accepted.onData(note);
    connected.onDrain(note);
    isInside = true;
    connected.write([Buffer.alloc(200_000)]);
    connected.end();
    isInside = false;
    await closed;
    assert.ok(calls > 1);
    await listener.close();
  });
}

interface Pair {
  readonly listener: Listener;
  readonly connected: Socket;
  readonly accepted: Socket;
}

async function connectPair({ server, client, host }: NetworkHarness): Promise<Pair> {
  let accept: (socket: Socket) => void = () => undefined;
  const accepting = new Promise<Socket>((resolve) => (accept = resolve));
  const listener = await server.listen({ host, port: 0 }, (socket) => accept(socket));
  const connected = await client.connect(listener.address, { timeoutMs: 5_000 });
  return { listener, connected, accepted: await accepting };
}

/** A connection made, used and closed: enough time for earlier bytes to arrive. */
async function roundTrip(harness: NetworkHarness): Promise<void> {
  const { listener, connected, accepted } = await connectPair(harness);
  await closePair(connected, accepted);
  await listener.close();
}

async function closePair(connected: Socket, accepted: Socket): Promise<void> {
  const received = collect(accepted);
  connected.write([Buffer.from('bye')]);
  connected.end();
  await received;
}

/** Everything until the close. */
function collect(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  return new Promise((resolve) => {
    socket.onData((chunk) => {
      assert.ok(chunk.byteLength >= 1 && chunk.byteLength <= 65_536);
      parts.push(chunk);
    });
    socket.onClose(() => resolve(Buffer.concat(parts)));
  });
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal(errorCode(error), code);
    return true;
  };
}
