// Brokers and processors in the directory, on the embedded store and a manual clock.

import { manualClock, memoryPlatform } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { Directory, EmbeddedHub, type ProcessorLease } from '../src/index.js';

function world() {
  const clock = manualClock();
  const platform = memoryPlatform({ clock, seed: 7 });
  const hub = new EmbeddedHub(platform);
  const open = (leaseTtlMs = 3_000): Directory =>
    new Directory({ store: hub.session(), platform, leaseTtlMs });
  /** Runs `work` while time goes on. */
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const settled = work.finally(() => (isDone = true));
    settled.catch(() => undefined);
    for (let steps = 0; !isDone && steps < 1_000; steps++) await clock.advance(100);
    return settled;
  };
  return { clock, platform, hub, open, during };
}

const one = { nodeId: 1, clusterId: 'A', addresses: ['127.0.0.1:9092'] };

async function addProcessor(directory: Directory, instanceId: string, tasks: string[] = []) {
  const identity = { applicationId: 'app', instanceId };
  return directory.registerProcessor(identity, () => ({
    memberId: `member-${instanceId}`,
    queryUrl: 'http://127.0.0.1:9081',
    tasks,
  }));
}

describe('brokers', () => {
  it('are found by others, and gone when they end', async () => {
    const { clock, open } = world();
    const [mine, theirs] = [open(), open()];
    const finding = theirs.findBrokers(10_000);
    const registration = await mine.registerBroker(one);
    await clock.advance(1);
    expect(await finding).toEqual(['127.0.0.1:9092']);
    expect(theirs.brokers()).toMatchObject([one]);
    await clock.advance(60_000);
    expect(theirs.brokers()).toHaveLength(1);
    await registration.end();
    await clock.advance(1);
    expect(theirs.brokers()).toEqual([]);
  });

  it('are refused when a living one of another cluster has the id, and accepted once its lease lapsed', async () => {
    const { clock, hub, open, platform, during } = world();
    const dying = hub.session();
    const first = new Directory({ store: dying, platform });
    await first.registerBroker(one);
    const second = { ...one, clusterId: 'B', addresses: ['127.0.0.1:9999'] };
    await expect(during(open().registerBroker(second))).rejects.toThrow(
      /id 1 is alive at 127\.0\.0\.1:9092 .*DRAVE_NODE_ID/,
    );
    await dying.close();
    await clock.advance(3_001);
    await open().registerBroker(second);
    await clock.advance(1);
    expect(open().store.status.state).toBe('connected');
  });

  it('take over from their own former life, but not from a living copy', async () => {
    const { clock, hub, open, platform } = world();
    const dying = hub.session();
    await new Directory({ store: dying, platform }).registerBroker(one);
    await dying.close();
    const mine = open();
    let refused: Error | undefined;
    const registration = await mine.registerBroker(one);
    void registration.refused.then((error) => (refused = error));
    await clock.advance(12_000);
    expect(refused).toBeUndefined();
    expect(mine.brokers()).toMatchObject([{ bootId: mine.bootId }]);
    const copy = await open().registerBroker(one);
    void copy.refused.then((error) => (refused = error));
    await clock.advance(20_000);
    expect(refused?.message).toMatch(/copies of one data directory/);
  });

  it('register later when the store does not answer at first, and are refused then', async () => {
    const { clock, hub, open, during } = world();
    await open().registerBroker(one);
    hub.interrupt();
    const late = await during(open().registerBroker({ ...one, clusterId: 'B' }));
    let refused: Error | undefined;
    void late.refused.then((error) => (refused = error));
    hub.resume();
    await clock.advance(3_000);
    expect(refused?.message).toMatch(/is alive at/);
  });

  it('of two clusters in one namespace are nobody to choose from', async () => {
    const { clock, open } = world();
    await open().registerBroker(one);
    await open().registerBroker({ ...one, nodeId: 2, clusterId: 'B' });
    const mine = open();
    await clock.advance(1);
    await expect(mine.findBrokers(1_000)).rejects.toThrow(/DRAVE_REDIS_NAMESPACE/);
  });

  it('that are not there, or a store that is not, are said so', async () => {
    const { hub, open, during } = world();
    await expect(during(open().findBrokers(1_000))).rejects.toThrow(/no broker is registered/);
    hub.interrupt();
    await expect(during(open().findBrokers(1_000))).rejects.toThrow(/out of reach/);
  });
});

describe('processors', () => {
  function follow(directory: Directory): string[] {
    const told: string[] = [];
    directory.onLease(({ processor, state }: ProcessorLease) => {
      const text = `${processor.memberId} ${state}`;
      if (told.at(-1) !== text) told.push(text);
    });
    return told;
  }

  it('are seen with their tasks, as they change', async () => {
    const { clock, open } = world();
    const watcher = open();
    const tasks = ['0_0'];
    const registration = await addProcessor(open(), 'i1', tasks);
    await clock.advance(1);
    expect(watcher.processors('app')).toMatchObject([{ instanceId: 'i1', tasks: ['0_0'] }]);
    expect(watcher.processors('other')).toEqual([]);
    tasks.push('0_1');
    registration.refresh();
    await clock.advance(1);
    expect(watcher.processors()).toMatchObject([{ tasks: ['0_0', '0_1'] }]);
    tasks.pop();
    await clock.advance(1_001); // With the next renewal.
    expect(watcher.processors()).toMatchObject([{ tasks: ['0_0'] }]);
  });

  it('are told as lapsed when they die', async () => {
    const { clock, hub, open, platform } = world();
    const told = follow(open());
    const dying = hub.session();
    await addProcessor(new Directory({ store: dying, platform }), 'i1');
    await clock.advance(10_000);
    expect(told).toEqual(['member-i1 held']);
    await dying.close();
    await clock.advance(2_000);
    expect(told).toEqual(['member-i1 held']);
    await clock.advance(1_001);
    expect(told).toEqual(['member-i1 held', 'member-i1 lapsed']);
  });

  it('are not told as lapsed by a store that stood still, was flushed, or both', async () => {
    const { clock, hub, open } = world();
    const watcher = open();
    const told = follow(watcher);
    await addProcessor(open(), 'i1');
    await clock.advance(100);
    hub.interrupt();
    await clock.advance(60_000);
    expect(watcher.processors()).toHaveLength(1);
    hub.resume();
    await clock.advance(100);
    hub.flush();
    await clock.advance(1);
    expect(watcher.processors()).toHaveLength(1);
    await clock.advance(20_000);
    expect(watcher.processors()).toHaveLength(1);
    expect(told).toEqual(['member-i1 held']);
  });

  it('that died while the store forgot everybody are forgotten without being told as lapsed', async () => {
    const { clock, hub, open, platform } = world();
    const watcher = open();
    const told = follow(watcher);
    const dying = hub.session();
    await addProcessor(new Directory({ store: dying, platform }), 'i1');
    await clock.advance(100);
    await dying.close();
    hub.flush();
    await clock.advance(1);
    expect(watcher.processors()).toHaveLength(1);
    await clock.advance(6_001);
    expect(watcher.processors()).toEqual([]);
    expect(told).toEqual(['member-i1 held']);
  });

  it('are not made up from foreign entries', async () => {
    const { clock, hub, open } = world();
    const watcher = open();
    const store = hub.session();
    const texts = ['', '{', 'null', '[]', '{"nodeId":"1"}', '{"applicationId":1,"tasks":{}}'];
    for (const [index, text] of texts.entries()) {
      await store.put(`processors/x/${index}`, text);
      await store.put(`brokers/${index}`, text);
    }
    await store.put('brokers/7', JSON.stringify({ ...one, bootId: 'b' }));
    await store.put('somewhere/else', 'x');
    await clock.advance(1);
    expect(watcher.processors()).toEqual([]);
    expect(watcher.brokers()).toEqual([]);
  });

  it.each([
    'http://169.254.169.254',
    'http://0xa9fea9fe',
    'http://[::ffff:169.254.169.254]:80',
    'http://[fe80::1]',
    'file:///etc/passwd',
    'http://user@host',
    'http://host/path',
    'http://host\\@other',
    'ftp://host',
    'http://a b',
    7,
  ])('name no place to ask such as %s', async (queryUrl) => {
    const { clock, hub, open } = world();
    const watcher = open();
    const lie = { applicationId: 'x', instanceId: '0', bootId: 'b', memberId: '', tasks: ['0_0'] };
    await hub.session().put('processors/x/0', JSON.stringify({ ...lie, queryUrl }));
    await clock.advance(1);
    expect(watcher.processors()).toEqual([lie]);
  });

  it('have leases of a sensible life', () => {
    for (const ttlMs of [0, 499, NaN, 600_001]) {
      expect(() => world().open(ttlMs)).toThrow(/DRAVE_LEASE_TTL_MS/);
    }
  });

  it('end with their directory', async () => {
    const { clock, open } = world();
    const [mine, theirs] = [open(), open()];
    await addProcessor(mine, 'i1');
    await mine.close();
    await clock.advance(1);
    expect(theirs.processors()).toEqual([]);
  });
});
