// Simulated adapters pass the suites of their ports; faults do what they say; one seed gives one trace.

import { describe, expect, it } from 'vitest';
import { SimulatedWorld, type SimulatedNode, type Socket } from '@drave/platform';
import { diskSuite, networkSuite, timeSuite } from '@drave/platform/conformance';

const runner = { describe, it };

diskSuite(runner, 'simulated', (body) => {
  const world = new SimulatedWorld({ seed: 1 });
  const { disk } = world.node('a');
  return world.run(disk.makeDirectory('/data').then(() => body(disk, '/data')));
});

networkSuite(runner, 'simulated', (body) => {
  const world = new SimulatedWorld({ seed: 2 });
  const server = world.node('server').network;
  const client = world.node('client').network;
  return world.run(body({ server, client, host: 'server' }));
});

networkSuite(runner, 'simulated loopback', (body) => {
  const world = new SimulatedWorld({ seed: 3 });
  const { network } = world.node('a');
  return world.run(body({ server: network, client: network, host: '127.0.0.1' }));
});

timeSuite(runner, 'simulated', (body) => {
  const world = new SimulatedWorld({ seed: 4 });
  return world.run(body(world.node('a')));
});

/** A server that stores each byte it gets, syncs and answers with the count. */
async function startStore(node: SimulatedNode): Promise<void> {
  await node.disk.makeDirectory('/data');
  await node.disk.syncDirectory('/');
  const file = await node.disk.open('/data/bytes', 'create');
  await node.disk.syncDirectory('/data');
  let size = file.sizeSync();
  await node.network.listen({ host: node.name, port: 7 }, (socket) => {
    socket.onData((chunk) => {
      const position = size;
      size += chunk.byteLength;
      void file
        .write([chunk], position)
        .then(() => file.sync())
        .then(() => socket.write([Buffer.from(`${position + chunk.byteLength};`)]));
    });
  });
}

interface Client {
  readonly socket: Socket;
  /** The highest count the store has answered. */
  acknowledged: number;
  closed: Error | 'fine' | undefined;
}

async function connect(node: SimulatedNode, host = 'store', timeoutMs = 5_000): Promise<Client> {
  const socket = await node.network.connect({ host, port: 7 }, { timeoutMs });
  const client: Client = { socket, acknowledged: 0, closed: undefined };
  let text = '';
  socket.onData((chunk) => {
    text += chunk.toString();
    const counts = text.split(';').slice(0, -1).map(Number);
    client.acknowledged = Math.max(client.acknowledged, ...counts);
  });
  socket.onClose((error) => (client.closed = error ?? 'fine'));
  return client;
}

describe('one seed', () => {
  async function story(seed: number): Promise<{ hash: string; kept: number; nowMs: number }> {
    const world = new SimulatedWorld({ seed });
    await world.run(startStore(world.node('store')));
    const clients = await world.run(
      Promise.all(['x', 'y', 'z'].map((name) => connect(world.node(name)))),
    );
    for (let round = 0; round < 20; round += 1) {
      for (const { socket } of clients) socket.write([Buffer.alloc(1 + world.random.nextInt(900))]);
      await world.advance(world.random.nextFloat() * 2);
    }
    world.node('store').restart();
    const acknowledged = Math.max(...clients.map((client) => client.acknowledged));
    await world.run(startStore(world.node('store')));
    const kept = (await world.run(world.node('store').disk.stat('/data/bytes')))?.sizeBytes ?? 0;
    expect(acknowledged).toBeGreaterThan(0);
    return { hash: world.traceHash(), kept, nowMs: world.nowMs };
  }

  it('gives one trace, another seed another', async () => {
    const first = await story(11);
    expect(await story(11)).toEqual(first);
    expect((await story(12)).hash).not.toBe(first.hash);
  });

  it('skews and drifts the clocks of its nodes', () => {
    const world = new SimulatedWorld({ seed: 1 });
    const walls = ['a', 'b', 'c'].map((name) => world.node(name).clock.nowMs());
    expect(new Set(walls).size).toBe(3);
    expect(Math.max(...walls) - Math.min(...walls)).toBeLessThanOrEqual(500);
  });
});

describe('crash and restart', () => {
  it('keeps what was acknowledged, for many seeds', async () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const world = new SimulatedWorld({ seed });
      await world.run(startStore(world.node('store')));
      const client = await world.run(connect(world.node('client')));
      for (let index = 0; index < 30; index += 1) client.socket.write([Buffer.alloc(97, 1)]);
      await world.run(() => client.acknowledged > 0);
      await world.advance(world.random.nextFloat() * 5);
      world.node('store').crash();
      const content = await world.run(world.node('store').restart().disk.readFile('/data/bytes'));
      const whole = content.subarray(0, client.acknowledged);
      expect(whole.equals(Buffer.alloc(client.acknowledged, 1))).toBe(true);
    }
  });

  it('ends timers, sockets and disk calls of the old life for good', async () => {
    const world = new SimulatedWorld({ seed: 5 });
    const old = world.node('a');
    const seen: string[] = [];
    old.scheduler.setTimer(1, () => seen.push('timer'));
    old.scheduler.nextTurn(() => seen.push('turn'));
    void old.disk.makeDirectory('/x').then(() => seen.push('disk'));
    const young = old.restart();
    expect(world.node('a')).toBe(young);
    expect([old.isAlive, young.isAlive]).toEqual([false, true]);
    old.scheduler.setTimer(1, () => seen.push('late timer'));
    void old.disk.makeDirectory('/y').then(() => seen.push('late disk'));
    void old.network.listen({ host: 'a', port: 7 }, () => undefined).then(() => seen.push('net'));
    expect(() => old.disk.openSync('/file', 'create')).toThrow(/EIO/);
    await world.advance(1_000);
    expect(seen).toEqual([]);
    expect(await world.run(young.disk.list('/'))).toEqual([]);
  });

  it('leaves peers of a crashed machine in the dark until they send to its next life', async () => {
    const world = new SimulatedWorld({ seed: 6 });
    await world.run(startStore(world.node('store')));
    const client = await world.run(connect(world.node('client')));
    world.node('store').crash();
    await world.advance(10_000);
    expect(client.closed).toBeUndefined();
    world.node('store').restart();
    client.socket.write([Buffer.from('x')]);
    await world.run(() => client.closed !== undefined);
    expect(client.closed).toMatchObject({ code: 'ECONNRESET' });
  });

  it('resets the connections of a killed process and refuses new ones, but keeps its bytes', async () => {
    const world = new SimulatedWorld({ seed: 7 });
    const store = world.node('store');
    await world.run(startStore(store));
    const client = await world.run(connect(world.node('client')));
    store.disk.openSync('/unsynced', 'create').writeSync([Buffer.from('abc')], 0);
    store.kill();
    await world.run(() => client.closed !== undefined);
    expect(client.closed).toMatchObject({ code: 'ECONNRESET' });
    const refused = world.run(connect(world.node('client')));
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const { disk } = store.restart();
    expect((await world.run(disk.readFile('/unsynced'))).toString()).toBe('abc');
  });

  it('restarts on an empty disk when asked to', async () => {
    const world = new SimulatedWorld({ seed: 8 });
    await world.run(startStore(world.node('store')));
    const { disk } = world.node('store').restart({ isWiped: true });
    expect(await world.run(disk.list('/'))).toEqual([]);
  });
});

describe('the network', () => {
  it('cuts one direction and delivers what TCP kept when it heals', async () => {
    const world = new SimulatedWorld({ seed: 9 });
    await world.run(startStore(world.node('store')));
    const client = await world.run(connect(world.node('client')));
    world.cut('store', 'client');
    client.socket.write([Buffer.from('abc')]);
    await world.advance(5_000);
    expect(client.acknowledged).toBe(0);
    expect(world.node('store').disk.openSync('/data/bytes', 'read').sizeSync()).toBe(3);
    world.heal('store', 'client');
    await world.run(() => client.acknowledged === 3);
  });

  it('gives up after 30 s and tells only the sender', async () => {
    const world = new SimulatedWorld({ seed: 10 });
    const accepted: { closed: boolean } = { closed: false };
    await world.run(
      world.node('store').network.listen({ host: 'store', port: 7 }, (socket) => {
        socket.onData(() => undefined);
        socket.onClose(() => (accepted.closed = true));
      }),
    );
    const client = await world.run(connect(world.node('client')));
    world.isolate('store');
    client.socket.write([Buffer.from('x')]);
    await world.run(() => client.closed !== undefined, { maxMs: 60_000 });
    expect(client.closed).toMatchObject({ code: 'ETIMEDOUT' });
    world.healAll();
    await world.advance(10_000);
    expect(accepted.closed).toBe(false);
  });

  it('fails to connect over a cut way, to no machine and to a strange address', async () => {
    const world = new SimulatedWorld({ seed: 11 });
    await world.run(startStore(world.node('store')));
    const client = world.node('client');
    world.cut('client', 'store');
    const late = world.run(connect(client, 'store', 700));
    await expect(late).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const nowhere = world.run(connect(client, 'nowhere'));
    await expect(nowhere).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const strange = world.run(client.network.listen({ host: 'store', port: 1 }, () => undefined));
    await expect(strange).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('resets connections on demand, at both ends', async () => {
    const world = new SimulatedWorld({ seed: 12 });
    await world.run(startStore(world.node('store')));
    const client = await world.run(connect(world.node('client')));
    world.resetConnections('client', 'store');
    await world.run(() => client.closed !== undefined);
    expect(client.closed).toMatchObject({ code: 'ECONNRESET' });
  });

  it('cuts and joins chunks at random places', async () => {
    const world = new SimulatedWorld({ seed: 13 });
    const sizes: number[] = [];
    await world.run(
      world.node('store').network.listen({ host: 'store', port: 7 }, (socket) => {
        socket.onData((chunk) => sizes.push(chunk.byteLength));
      }),
    );
    const client = await world.run(connect(world.node('client')));
    for (let index = 0; index < 200; index += 1) {
      client.socket.write([Buffer.alloc(100)]);
      await world.advance(0.1);
    }
    await world.advance(1_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20_000);
    expect(sizes.some((size) => size % 100 !== 0)).toBe(true);
    expect(sizes.some((size) => size > 100)).toBe(true);
  });

  it('lets a paused machine stand still and go on', async () => {
    const world = new SimulatedWorld({ seed: 14 });
    const node = world.node('a');
    const fired: number[] = [];
    node.scheduler.setTimer(10, () => fired.push(world.nowMs));
    node.scheduler.setTimer(20, () => fired.push(world.nowMs));
    node.pause(500);
    await world.advance(499);
    expect(fired).toEqual([]);
    await world.advance(2);
    expect(fired).toEqual([500, 500]);
  });
});

describe('a run', () => {
  it('fails when nothing is left to happen', async () => {
    const world = new SimulatedWorld({ seed: 15 });
    const run = world.run(new Promise<void>(() => undefined));
    await expect(run).rejects.toThrow(/seed 15 at 0.000 ms: deadlock/);
  });

  it('fails when time cannot go on', async () => {
    const world = new SimulatedWorld({ seed: 19 });
    const { scheduler } = world.node('a');
    const again = (): void => void scheduler.setTimer(0, again);
    again();
    await expect(world.advance(1)).rejects.toThrow(/livelock/);
  });

  it('fails after its time and tells the last events', async () => {
    const world = new SimulatedWorld({ seed: 16 });
    const { scheduler } = world.node('a');
    const again = (): void => void scheduler.setTimer(10, again);
    again();
    const run = world.run(() => false, { maxMs: 100 });
    await expect(run).rejects.toThrow(/timeout[^]* a timer 10.000/);
  });

  it('fails with the error of a callback', async () => {
    const world = new SimulatedWorld({ seed: 17 });
    world.node('a').scheduler.setTimer(1, () => {
      throw new Error('broken callback');
    });
    await expect(world.advance(5)).rejects.toThrow(/a callback threw: broken callback/);
  });

  it('passes on the value or the rejection of the promise', async () => {
    const world = new SimulatedWorld({ seed: 18 });
    const { scheduler } = world.node('a');
    expect(
      await world.run(
        scheduler.sleep(3_600_000).then(() => 7),
        { maxMs: 4_000_000 },
      ),
    ).toBe(7);
    const failing = scheduler.sleep(1).then(() => Promise.reject(new Error('no')));
    await expect(world.run(failing)).rejects.toThrow('no');
  });
});
