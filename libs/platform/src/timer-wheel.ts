// Many coarse timers on one real timer: set and cancel are O(1) list operations. For timeouts, most of which never fire.
// Protects: never early, at most one tick late beyond the scheduler's own delay; deadlines of different ticks fire in
// order, those of one tick in the order they were set; a cancelled timer never fires.
//
//   tick 41 → slot 41 % slotCount → [timer, timer, …]   a slot also holds timers of later revolutions

import { assert } from './assert.js';
import type { Clock, Scheduler, Timer } from './clock.js';

export interface TimerWheelOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Resolution; default 10 ms. */
  readonly tickMs?: number;
  /** Default 512; with the tick it gives the time of one revolution. */
  readonly slotCount?: number;
}

interface WheelTimer extends Timer {
  tick: number;
  callback: (() => void) | undefined;
  slot: Set<WheelTimer> | undefined;
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #tickMs: number;
  readonly #slots: readonly Set<WheelTimer>[];
  readonly #originMs: number;
  /** All ticks up to this one have fired. */
  #doneTick = 0;
  #armedTick = Infinity;
  #armed: Timer | undefined;
  #pendingCount = 0;

  constructor(options: TimerWheelOptions) {
    this.#clock = options.clock;
    this.#scheduler = options.scheduler;
    this.#tickMs = options.tickMs ?? 10;
    const slotCount = options.slotCount ?? 512;
    assert(this.#tickMs > 0 && slotCount >= 1, 'wheel-shape', { tickMs: this.#tickMs, slotCount });
    this.#slots = Array.from({ length: slotCount }, () => new Set<WheelTimer>());
    this.#originMs = this.#clock.monotonicMs();
  }

  /** Timers that wait. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Runs `callback` once, not before `delayMs` (≥ 0) monotonic milliseconds. */
  setTimer(delayMs: number, callback: () => void): Timer {
    assert(delayMs >= 0 && Number.isFinite(delayMs), 'timer-delay', { delayMs });
    const elapsedMs = this.#clock.monotonicMs() - this.#originMs;
    const tick = Math.max(this.#doneTick + 1, Math.ceil((elapsedMs + delayMs) / this.#tickMs));
    const slot = this.#slotOf(tick);
    const timer: WheelTimer = { tick, callback, slot, cancel: () => this.#cancel(timer) };
    slot.add(timer);
    this.#pendingCount += 1;
    if (tick < this.#armedTick) this.#arm(tick);
    return timer;
  }

  /** Cancels everything; the wheel can be used again. */
  clear(): void {
    for (const slot of this.#slots) for (const timer of slot) this.#cancel(timer);
  }

  #cancel(timer: WheelTimer): void {
    timer.callback = undefined;
    if (timer.slot === undefined) return;
    timer.slot.delete(timer);
    timer.slot = undefined;
    this.#pendingCount -= 1;
    if (this.#pendingCount === 0) this.#disarm();
  }

  #slotOf(tick: number): Set<WheelTimer> {
    const slot = this.#slots[tick % this.#slots.length];
    assert(slot !== undefined, 'wheel-slot', { tick });
    return slot;
  }

  #arm(tick: number): void {
    this.#disarm();
    this.#armedTick = tick;
    const elapsedMs = this.#clock.monotonicMs() - this.#originMs;
    const delayMs = Math.max(0, tick * this.#tickMs - elapsedMs);
    this.#armed = this.#scheduler.setTimer(delayMs, () => this.#fire());
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
    this.#armedTick = Infinity;
  }

  #fire(): void {
    this.#disarm();
    const elapsedMs = this.#clock.monotonicMs() - this.#originMs;
    const due = this.#takeDue(Math.floor(elapsedMs / this.#tickMs));
    const errors: unknown[] = [];
    for (const { callback } of withoutCancelled(due)) {
      try {
        callback();
      } catch (error) {
        errors.push(error); // one bad callback must not cost the others their timeout
      }
    }
    this.#armNext();
    if (errors.length > 0) throw errors[0];
  }

  #takeDue(nowTick: number): WheelTimer[] {
    const due: WheelTimer[] = [];
    const slotCount = this.#slots.length;
    const isLapped = nowTick - this.#doneTick > slotCount;
    const firstTick = isLapped ? nowTick - slotCount + 1 : this.#doneTick + 1;
    for (let tick = firstTick; tick <= nowTick; tick += 1) {
      const slot = this.#slotOf(tick);
      for (const timer of slot) {
        if (timer.tick > nowTick) continue;
        slot.delete(timer);
        timer.slot = undefined;
        this.#pendingCount -= 1;
        due.push(timer);
      }
    }
    this.#doneTick = Math.max(this.#doneTick, nowTick);
    if (isLapped) due.sort((a, b) => a.tick - b.tick);
    return due;
  }

  /** Arms for the next slot in use; at worst that is a timer of a later revolution and we look again. */
  #armNext(): void {
    if (this.#pendingCount === 0) return;
    const lastTick = this.#doneTick + this.#slots.length;
    let tick = this.#doneTick + 1;
    while (tick < lastTick && this.#slotOf(tick).size === 0) tick += 1;
    if (tick < this.#armedTick) this.#arm(tick);
  }
}

function* withoutCancelled(due: readonly WheelTimer[]): Generator<{ callback: () => void }> {
  for (const timer of due) {
    const { callback } = timer;
    timer.callback = undefined;
    if (callback !== undefined) yield { callback };
  }
}
