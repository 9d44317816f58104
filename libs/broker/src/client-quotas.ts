// Quotas of clients, bytes and time: which one applies, how much of it is used, for how long a client has to be silent.
// Protects: the most specific entity alone decides; clients that share an entity share its rate; rates of idle entities are forgotten,
// so memory is bounded by the entities in use. A client without a quota costs one comparison.
// request_percentage counts milliseconds of the event loop, the one thread there is: 100 is all of it; one silence lasts a second at most.
// Leaves out: controller_mutation_rate and connection_creation_rate (stored and described, not applied); principals
// (everybody is ANONYMOUS until listeners authenticate). Sources: KIP-13, KIP-55; Kafka's ClientQuotaManager and Rate.
//
//   user + client-id > user + any client > user > any user + client-id > any user + any client > any user > client-id > any client

import { limits } from '@drave/contracts';
import type { Clock } from '@drave/platform';
import { quotaEntityKey, type MetadataImage, type MetadataListener } from '@drave/replication';

export type ByteRateKey = 'producer_byte_rate' | 'consumer_byte_rate';
type RateKey = ByteRateKey | 'request_percentage';

/** Kafka's principal of whoever did not authenticate. */
const anonymous = 'ANONYMOUS';
const sampleMs = 1_000;
const sampleCount = 11;
/** A rate is never taken over less than this, so that a burst after silence is no excess. */
const windowMsMin = (sampleCount - 1) * sampleMs;

/** As Kafka: a request quota asks for one sample's silence at a time. */
const requestThrottleMsMax = 1_000;

interface Applied {
  /** Bytes per second, or percent. */
  readonly quota: number;
  readonly rate: ByteRate;
}

export class ClientQuotas implements MetadataListener {
  readonly #image: MetadataImage;
  readonly #clock: Clock;
  #hasByteRates = false;
  #hasRequestRates = false;
  readonly #rates = new Map<string, ByteRate>();

  constructor(image: MetadataImage, clock: Clock) {
    this.#image = image;
    this.#clock = clock;
    this.clientQuotasSet();
  }

  clientQuotasSet(): void {
    const entries = Array.from(this.#image.clusterSettings.quotas());
    this.#hasByteRates = entries.some(
      ({ values }) => values.has('producer_byte_rate') || values.has('consumer_byte_rate'),
    );
    this.#hasRequestRates = entries.some(({ values }) => values.has('request_percentage'));
    this.#rates.clear();
  }

  /** Whether anybody has a byte rate at all. */
  get hasByteRates(): boolean {
    return this.#hasByteRates;
  }

  /** Whether anybody's time is limited at all. */
  get hasRequestRates(): boolean {
    return this.#hasRequestRates;
  }

  /** Counts milliseconds spent on a request; returns the milliseconds the client has to be silent. */
  requestThrottleMs(clientId: string, spentMs: number): number {
    const applied = this.#applied('request_percentage', clientId);
    if (!applied) return 0;
    const nowMs = this.#clock.monotonicMs();
    applied.rate.add(spentMs, nowMs);
    // Percent of a second per second are tens of milliseconds.
    const perSecond = { quota: applied.quota * 10, rate: applied.rate };
    return Math.min(requestThrottleMsMax, throttleMsOf(perSecond, nowMs));
  }

  /** Counts bytes that came in; returns the milliseconds the client has to be silent, 0 without a quota or within it. */
  throttleMs(key: ByteRateKey, clientId: string, bytes: number): number {
    const applied = this.#applied(key, clientId);
    if (!applied) return 0;
    const nowMs = this.#clock.monotonicMs();
    applied.rate.add(bytes, nowMs);
    return throttleMsOf(applied, nowMs);
  }

  /**
   * Counts bytes about to be sent when they are within the quota; else returns how long to send nothing. Differs from Kafka: the first
   * bytes after an idle window always go, so that a batch larger than the quota's window does not block its consumer for ever.
   */
  holdBackMs(key: ByteRateKey, clientId: string, bytes: number): number {
    const applied = this.#applied(key, clientId);
    if (!applied || bytes === 0) return 0;
    const nowMs = this.#clock.monotonicMs();
    const isFirst = applied.rate.total(nowMs).bytes === 0;
    applied.rate.add(bytes, nowMs);
    const throttleMs = throttleMsOf(applied, nowMs);
    if (isFirst || throttleMs === 0) return 0;
    applied.rate.add(-bytes, nowMs);
    return throttleMs;
  }

  /** Bytes that one answer may have so that it alone does not exceed the quota; Infinity without one. */
  bytesMax(key: ByteRateKey, clientId: string): number {
    const applied = this.#applied(key, clientId);
    return applied ? Math.floor((applied.quota * windowMsMin) / 1000) : Infinity;
  }

  #applied(key: RateKey, clientId: string): Applied | undefined {
    const isInUse = key === 'request_percentage' ? this.#hasRequestRates : this.#hasByteRates;
    if (!isInUse) return undefined;
    for (const { entity, sharedBy } of candidates(clientId)) {
      const quota = this.#image.clusterSettings.quota(entity)?.values.get(key);
      if (quota !== undefined) return { quota, rate: this.#rate(`${key} ${sharedBy}`) };
    }
    return undefined;
  }

  #rate(name: string): ByteRate {
    let rate = this.#rates.get(name);
    if (!rate) {
      if (this.#rates.size >= limits.quotaRatesMax) this.#forgetIdle();
      rate = new ByteRate();
      this.#rates.set(name, rate);
    }
    return rate;
  }

  #forgetIdle(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [name, rate] of this.#rates) if (rate.isIdle(nowMs)) this.#rates.delete(name);
    // All busy: the oldest starts again.
    const [oldest] = this.#rates.keys();
    if (oldest !== undefined && this.#rates.size >= limits.quotaRatesMax) {
      this.#rates.delete(oldest);
    }
  }
}

interface Candidate {
  readonly entity: Readonly<Record<string, string | null>>;
  /** Clients with the same text share one rate. */
  readonly sharedBy: string;
}

/** Entities that may set the quota of a client, the most specific first. */
function* candidates(clientId: string): Iterable<Candidate> {
  const client = quotaEntityKey({ 'client-id': clientId });
  const user = quotaEntityKey({ user: anonymous });
  for (const name of [anonymous, null]) {
    yield { entity: { user: name, 'client-id': clientId }, sharedBy: user + client };
    yield { entity: { user: name, 'client-id': null }, sharedBy: user + client };
    yield { entity: { user: name }, sharedBy: user };
  }
  yield { entity: { 'client-id': clientId }, sharedBy: client };
  yield { entity: { 'client-id': null }, sharedBy: client };
}

function throttleMsOf({ quota, rate }: Applied, nowMs: number): number {
  const { bytes, windowMs } = rate.total(nowMs);
  const bytesPerSecond = (bytes * 1000) / windowMs;
  if (bytesPerSecond <= quota) return 0;
  const excess = (bytesPerSecond - quota) / quota;
  return Math.min(limits.throttleMsMax, Math.round(excess * windowMs));
}

/** Bytes in samples of one second. */
class ByteRate {
  readonly #samples: { readonly startMs: number; bytes: number }[] = [];

  add(bytes: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last && nowMs - last.startMs < sampleMs) last.bytes += bytes;
    else this.#samples.push({ startMs: nowMs, bytes });
    this.#purge(nowMs);
  }

  total(nowMs: number): { readonly bytes: number; readonly windowMs: number } {
    this.#purge(nowMs);
    let bytes = 0;
    for (const sample of this.#samples) bytes += sample.bytes;
    const elapsedMs = nowMs - (this.#samples[0]?.startMs ?? nowMs);
    return { bytes, windowMs: Math.max(windowMsMin, elapsedMs) };
  }

  isIdle(nowMs: number): boolean {
    this.#purge(nowMs);
    return this.#samples.length === 0;
  }

  #purge(nowMs: number): void {
    while (this.#samples[0] && nowMs - this.#samples[0].startMs >= sampleCount * sampleMs) {
      this.#samples.shift();
    }
  }
}
