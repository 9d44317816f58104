// Who is where: brokers and processors register under leases, and everybody sees everybody. Protects: a second broker with the id of
// a living one is refused; a lapsed lease is told as such only where the store kept its memory; while the store is gone, and until
// the living registered anew after it forgot them, the last view stays. Leaves out: what a lapsed lease leads to (the broker's).

import type { Platform, Timer } from '@drave/platform';
import { storeLimits, type ClusterStore, type StoreChange } from './cluster-store.js';
import { LeaseKeeper } from './lease-keeper.js';
import {
  brokerKey,
  isBrokerKey,
  isProcessorKey,
  processorKey,
  readBroker,
  readProcessor,
  type BrokerRegistration,
  type ProcessorRegistration,
} from './registrations.js';

export interface DirectoryOptions {
  readonly store: ClusterStore;
  readonly platform: Platform;
  /** Life of a lease without renewal; milliseconds, 500 to 600,000, default 3,000. */
  readonly leaseTtlMs?: number;
}

/** A place in the directory that is held until `end`. */
export interface Registration {
  /** Says now what has changed; it is said with the next renewal anyhow. */
  refresh(): void;
  /** Settles with the reason when the place belongs to somebody else. */
  readonly refused: Promise<Error>;
  end(): Promise<void>;
}

/** What became of a processor's lease. */
export interface ProcessorLease {
  readonly processor: ProcessorRegistration;
  readonly state: 'held' | 'lapsed';
}

export class DirectoryError extends Error {
  readonly code = 'ERR_DIRECTORY';
}

export const leaseTtlMsDefault = 3_000;
const leaseTtlMsMin = 500;
/** How long a start waits for the store before it goes on without. */
const storeWaitMs = 2_000;

export class Directory {
  readonly #store: ClusterStore;
  readonly #platform: Platform;
  readonly #ttlMs: number;
  readonly #bootId: string;
  readonly #brokers = new Map<string, BrokerRegistration>();
  readonly #processors = new Map<string, ProcessorRegistration>();
  /** Kept over a reset although the store no longer knows them. */
  readonly #unconfirmed = new Set<string>();
  readonly #changes = new Set<() => void>();
  readonly #leases = new Set<(lease: ProcessorLease) => void>();
  readonly #registrations = new Set<Registration>();
  readonly #unwatch: () => void;
  readonly #warned = new Set<string>();
  #forgetting: Timer | undefined;

  /** Throws DirectoryError for a lease life out of its range. */
  constructor({ store, platform, leaseTtlMs = leaseTtlMsDefault }: DirectoryOptions) {
    if (!(leaseTtlMs >= leaseTtlMsMin && leaseTtlMs <= storeLimits.ttlMsMax)) {
      throw new DirectoryError(
        `a lease lives ${leaseTtlMsMin} to ${storeLimits.ttlMsMax} milliseconds (DRAVE_LEASE_TTL_MS), not ${leaseTtlMs}`,
      );
    }
    this.#store = store;
    this.#platform = platform;
    this.#ttlMs = leaseTtlMs;
    this.#bootId = platform.random.uuid();
    this.#unwatch = store.watch('', (change) => this.#onChange(change));
  }

  /** Of this life of the process. */
  get bootId(): string {
    return this.#bootId;
  }

  get store(): ClusterStore {
    return this.#store;
  }

  /** Ascending by id. */
  brokers(): readonly BrokerRegistration[] {
    return [...this.#brokers.values()].sort((a, b) => a.nodeId - b.nodeId);
  }

  /** Of one application, or all; ordered by instance. */
  processors(applicationId?: string): readonly ProcessorRegistration[] {
    return [...this.#processors.values()]
      .filter((one) => applicationId === undefined || one.applicationId === applicationId)
      .sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
  }

  /** Calls back after each change of brokers or processors; returns what ends it. */
  onChange(callback: () => void): () => void {
    this.#changes.add(callback);
    return () => this.#changes.delete(callback);
  }

  /** Tells of processors whose lease is seen or lapsed (or was given up); those known already are told first. */
  onLease(listener: (lease: ProcessorLease) => void): () => void {
    this.#leases.add(listener);
    for (const processor of this.#processors.values()) listener({ processor, state: 'held' });
    return () => this.#leases.delete(listener);
  }

  /**
   * Registers a broker. Rejects with DirectoryError when another cluster's broker with this id is alive. Without an answer of
   * the store it settles after two seconds and registers later; `refused` then tells of a conflict.
   */
  async registerBroker(broker: Omit<BrokerRegistration, 'bootId'>): Promise<Registration> {
    const registration = { ...broker, bootId: this.#bootId };
    const keeper = this.#keep(brokerKey(broker.nodeId), () => JSON.stringify(registration));
    const refusal = (): Error | undefined => this.#brokerRefusal(keeper, broker);
    await keeper.settled(storeWaitMs);
    const refused = refusal();
    if (refused) {
      await keeper.release();
      throw refused;
    }
    return this.#registrationOf(keeper, refusal);
  }

  /** Registers an instance of an application; `describe` is asked at each renewal. */
  async registerProcessor(
    identity: Pick<ProcessorRegistration, 'applicationId' | 'instanceId'>,
    describe: () => Omit<ProcessorRegistration, 'applicationId' | 'instanceId' | 'bootId'>,
  ): Promise<Registration> {
    const key = processorKey(identity.applicationId, identity.instanceId);
    const keeper = this.#keep(key, () =>
      JSON.stringify({ ...identity, bootId: this.#bootId, ...describe() }),
    );
    await keeper.settled(storeWaitMs);
    // Its predecessor on the same state directory is gone (the directory is locked); its lease lapses.
    return this.#registrationOf(keeper, () => undefined);
  }

  /**
   * Addresses of the brokers, once there are any. Rejects with DirectoryError after `withinMs`, and at once when brokers of
   * several clusters register here.
   */
  async findBrokers(withinMs: number): Promise<readonly string[]> {
    const deadlineMs = this.#platform.clock.monotonicMs() + withinMs;
    for (;;) {
      const brokers = this.brokers().filter(({ addresses }) => addresses.length > 0);
      const clusters = new Set(brokers.map(({ clusterId }) => clusterId));
      if (clusters.size > 1) {
        throw new DirectoryError(
          `brokers of ${clusters.size} clusters register in one Redis namespace; give each cluster its own (DRAVE_REDIS_NAMESPACE), or name the brokers (DRAVE_BROKERS)`,
        );
      }
      if (brokers.length > 0) return brokers.flatMap(({ addresses }) => addresses);
      const leftMs = deadlineMs - this.#platform.clock.monotonicMs();
      if (leftMs <= 0) throw new DirectoryError(this.#noBrokers());
      await this.#nextChange(leftMs);
    }
  }

  /** Gives up what is registered and ends; the store is the caller's. */
  async close(): Promise<void> {
    this.#unwatch();
    this.#forgetting?.cancel();
    this.#changes.clear();
    this.#leases.clear();
    await Promise.all([...this.#registrations].map((one) => one.end()));
  }

  #keep(key: string, value: () => string): LeaseKeeper {
    const { random } = this.#platform;
    const holder = `${this.#bootId}/${random.nextInt(2 ** 32).toString(16)}`;
    const [store, platform, ttlMs] = [this.#store, this.#platform, this.#ttlMs];
    return new LeaseKeeper({ store, platform, key, holder, ttlMs, value });
  }

  /** The same cluster id means the same data directory, which has one owner: its own former life, unless that goes on living. */
  #brokerRefusal(keeper: LeaseKeeper, broker: Omit<BrokerRegistration, 'bootId'>) {
    if (keeper.state !== 'refused') return undefined;
    const other = keeper.other && readBroker(keeper.other.value);
    if (other === undefined) return undefined;
    if (other.clusterId === broker.clusterId) {
      if (keeper.refusedForMs < 3 * this.#ttlMs) return undefined;
      return new DirectoryError(
        `the broker ${broker.nodeId} of this cluster is alive at ${other.addresses.join(', ')}: two processes run on copies of one data directory; stop one of them`,
      );
    }
    return new DirectoryError(
      `a broker with the id ${broker.nodeId} is alive at ${other.addresses.join(', ')} (cluster ${other.clusterId}); give this one another id (DRAVE_NODE_ID) or its cluster another namespace (DRAVE_REDIS_NAMESPACE), or stop that one and try again in ${Math.ceil(this.#ttlMs / 1000)} s`,
    );
  }

  #registrationOf(keeper: LeaseKeeper, refusal: () => Error | undefined): Registration {
    const refused = new Promise<Error>((resolve) => {
      keeper.onState(() => {
        const error = refusal();
        if (error) resolve(error);
      });
    });
    const registration: Registration = {
      refused,
      refresh: () => keeper.renew(),
      end: () => {
        this.#registrations.delete(registration);
        return keeper.release();
      },
    };
    this.#registrations.add(registration);
    return registration;
  }

  #noBrokers(): string {
    const { state, reason = 'no answer yet' } = this.#store.status;
    if (state === 'lost') return `no broker is known, for the directory is out of reach: ${reason}`;
    return 'no broker is registered in this Redis namespace; start one with the same DRAVE_REDIS_URL and DRAVE_REDIS_NAMESPACE, or name the brokers (DRAVE_BROKERS)';
  }

  #nextChange(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        this.#changes.delete(finish);
        resolve();
      };
      const timer = this.#platform.scheduler.setTimer(withinMs, finish);
      this.#changes.add(finish);
    });
  }

  #onChange({ changed, gone, isReset }: StoreChange): void {
    if (isReset) {
      for (const key of [...this.#brokers.keys(), ...this.#processors.keys()]) {
        this.#unconfirmed.add(key);
      }
      this.#forgetLater();
    } else {
      for (const { key } of gone) this.#lapse(key);
    }
    for (const { key, value } of changed) this.#learn(key, value);
    for (const callback of [...this.#changes]) callback();
  }

  #learn(key: string, value: string): void {
    this.#unconfirmed.delete(key);
    if (isBrokerKey(key)) {
      const broker = readBroker(value);
      if (broker && brokerKey(broker.nodeId) === key) this.#brokers.set(key, broker);
      else this.#ignore(key);
    } else if (isProcessorKey(key)) {
      const processor = readProcessor(value);
      if (processor && processorKey(processor.applicationId, processor.instanceId) === key) {
        const before = this.#processors.get(key);
        this.#processors.set(key, processor);
        // The member of a former life is gone with it.
        if (before && before.memberId !== processor.memberId && before.bootId !== processor.bootId)
          this.#tell({ processor: before, state: 'lapsed' });
        this.#tell({ processor, state: 'held' });
      } else this.#ignore(key);
    }
  }

  #lapse(key: string): void {
    // What the store had forgotten before proves nothing.
    const isProven = !this.#unconfirmed.delete(key);
    this.#brokers.delete(key);
    const processor = this.#processors.get(key);
    this.#processors.delete(key);
    if (processor && isProven) this.#tell({ processor, state: 'lapsed' });
  }

  #tell(lease: ProcessorLease): void {
    for (const listener of [...this.#leases]) listener(lease);
  }

  /** The living register within one life of a lease; a second one is for the slow. */
  #forgetLater(): void {
    this.#forgetting?.cancel();
    this.#forgetting = this.#platform.scheduler.setTimer(2 * this.#ttlMs, () => {
      if (this.#store.status.state !== 'connected') return this.#forgetLater();
      for (const key of this.#unconfirmed) {
        this.#brokers.delete(key);
        this.#processors.delete(key);
      }
      this.#unconfirmed.clear();
      for (const callback of [...this.#changes]) callback();
    });
  }

  #ignore(key: string): void {
    const isProcessor = isProcessorKey(key);
    (isProcessor ? this.#processors : this.#brokers).delete(key);
    if (this.#warned.has(key) || this.#warned.size > 100) return;
    this.#warned.add(key);
    this.#platform.logger.warn('directory-entry-ignored', {
      key,
      remedy: 'it is not what a Drave process writes; give each cluster a namespace of its own',
    });
  }
}
