// The real clock and the real timers. Protects: a timer never fires early, and timers of one delay fire in their order.
// Node counts whole milliseconds from a truncated start, so a plain setTimeout may fire up to 1 ms early; we add that one.
// Delays above 2^31-1 ms, which setTimeout would turn into 1 ms, are reached in several hops.

import type { Clock, Scheduler, Timer } from '../clock.js';

const hopMsMax = 2 ** 31 - 2;

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(delayMs: number, callback: () => void) {
    this.#arm(Math.max(0, Math.ceil(delayMs)) + (delayMs > 0 ? 1 : 0), callback);
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  #arm(remainingMs: number, callback: () => void): void {
    if (remainingMs <= hopMsMax) {
      this.#handle = setTimeout(callback, remainingMs);
    } else {
      this.#handle = setTimeout(() => this.#arm(remainingMs - hopMsMax, callback), hopMsMax);
    }
  }
}

export const nodeScheduler: Scheduler = {
  setTimer: (delayMs, callback) => new NodeTimer(delayMs, callback),
  nextTurn: (callback) => {
    setImmediate(callback);
  },
  sleep: (delayMs) =>
    new Promise((resolve) => {
      new NodeTimer(delayMs, resolve);
    }),
};
