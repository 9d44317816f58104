// What was sent, acknowledged and read of a stream of numbers, and the verdict on it. Protects: a send without an answer may have
// happened or not, it is neither lost nor invented; each number that was acknowledged must be read once, in its partition's order.

export interface LedgerFigures {
  readonly sent: number;
  readonly acknowledged: number;
  /** Sends acknowledged in time, of all, in percent. */
  readonly produceAvailable: number;
  /** Acknowledged records read in time, of all, in percent. */
  readonly fetchAvailable: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly invented: number;
}

interface Line {
  readonly partition: number;
  readonly sentMs: number;
  ackedMs?: number;
  readMs?: number;
}

export class Ledger {
  readonly #lateMs: number;
  readonly #lines: Line[] = [];
  readonly #lastRead = new Map<number, number>();
  #duplicated = 0;
  #reordered = 0;
  #invented = 0;

  /** An answer that takes longer than `lateMs` counts as none for availability. */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  /** The number to send. */
  sent(partition: number, nowMs: number): number {
    return this.#lines.push({ partition, sentMs: nowMs }) - 1;
  }

  acknowledged(number: number, nowMs: number): void {
    const line = this.#lines[number];
    if (line) line.ackedMs = nowMs;
  }

  read(partition: number, number: number, nowMs: number): void {
    const line = this.#lines[number];
    if (line?.partition !== partition) {
      this.#invented += 1;
      return;
    }
    if (line.readMs !== undefined) this.#duplicated += 1;
    else if (number < (this.#lastRead.get(partition) ?? -1)) this.#reordered += 1;
    line.readMs ??= nowMs;
    this.#lastRead.set(partition, number);
  }

  /** Whether something acknowledged is still to be read. */
  get isBehind(): boolean {
    return this.#lines.some(({ ackedMs, readMs }) => ackedMs !== undefined && readMs === undefined);
  }

  figures(): LedgerFigures {
    const acked = this.#lines.filter(({ ackedMs }) => ackedMs !== undefined);
    const inTime = acked.filter(({ sentMs, ackedMs = 0 }) => ackedMs - sentMs <= this.#lateMs);
    const readInTime = acked.filter(
      ({ ackedMs = 0, readMs }) => readMs !== undefined && readMs - ackedMs <= this.#lateMs,
    );
    return {
      sent: this.#lines.length,
      acknowledged: acked.length,
      produceAvailable: percent(inTime.length, this.#lines.length),
      fetchAvailable: percent(readInTime.length, acked.length),
      lost: acked.filter(({ readMs }) => readMs === undefined).length,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      invented: this.#invented,
    };
  }
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((part / whole) * 100_000) / 1_000;
}
