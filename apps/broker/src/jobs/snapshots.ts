// Copies of the broker's logs in a directory of the operator's choice, one folder each: `<id>/broker` is a data directory, its
// `manifest.json` says what is in it. Protects: a folder without the hidden prefix is a whole snapshot, for it got its name last;
// the newest few are kept. Leaves out: stream state and jobs, which are no logs; sending snapshots elsewhere.

import { join } from 'node:path';
import type { Broker } from '@drave/broker';
import { snapshotBody, type SnapshotBody } from '@drave/contracts/rest';
import type { JobContext } from '@drave/jobs';
import { errorCode, type Platform } from '@drave/platform';

const partialPrefix = '.partial-';
const idPattern = /^\d{8}T\d{9}Z$/;

export interface SnapshotsOptions {
  readonly broker: Broker;
  readonly platform: Platform;
  /** Made when missing. */
  readonly directory: string;
  /** Newest ones that stay; default 3. */
  readonly keep?: number;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Rejects with the disk's errors; one at a time. */
  async create(
    job: Pick<JobContext, 'progress' | 'log'>,
  ): Promise<Omit<SnapshotBody, 'partitions'>> {
    const { broker, platform, directory, keep = 3 } = this.#options;
    const { disk, clock } = platform;
    const createdAtMs = clock.nowMs();
    const id = new Date(createdAtMs).toISOString().replaceAll(/[-:.]/g, '');
    const partial = join(directory, `${partialPrefix}${id}`);
    await disk.makeDirectory(directory);
    for (const name of await disk.list(directory)) {
      if (name.startsWith(partialPrefix)) await disk.remove(join(directory, name));
    }
    try {
      const copied = await broker.maintenance.snapshot(join(partial, 'broker'), (done, of) =>
        job.progress({ done, of }),
      );
      const sum = (of: 'linkedBytes' | 'copiedBytes') =>
        copied.reduce((total, partition) => total + partition[of], 0);
      const { clusterId, nodeId } = broker;
      const bytes = { linkedBytes: sum('linkedBytes'), copiedBytes: sum('copiedBytes') };
      const facts = { id, createdAtMs, clusterId, nodeId, ...bytes };
      const manifest: SnapshotBody = { ...facts, partitions: [...copied] };
      const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
      await disk.writeFileAtomic(join(partial, 'manifest.json'), Buffer.from(text));
      await disk.rename(partial, join(directory, id));
      await disk.syncDirectory(directory);
      await job.log(`${join(directory, id)}: ${copied.length} partitions`);
      const old = (await this.#ids()).slice(keep);
      for (const one of old) await disk.remove(join(directory, one));
      return facts;
    } catch (error) {
      await disk.remove(partial);
      throw error;
    }
  }

  /** Newest first. */
  async list(): Promise<SnapshotBody[]> {
    const found = await Promise.all((await this.#ids()).map((id) => this.get(id)));
    return found.filter((one) => one !== undefined);
  }

  /** undefined when there is none, or what it says of itself cannot be read. */
  async get(id: string): Promise<SnapshotBody | undefined> {
    if (!idPattern.test(id)) return undefined;
    const { platform, directory } = this.#options;
    try {
      const text = await platform.disk.readFile(join(directory, id, 'manifest.json'));
      return snapshotBody.safeParse(JSON.parse(text.toString())).data;
    } catch (error) {
      if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #ids(): Promise<string[]> {
    const { platform, directory } = this.#options;
    if ((await platform.disk.stat(directory)) === undefined) return [];
    return (await platform.disk.list(directory)).filter((name) => idPattern.test(name)).reverse();
  }
}
