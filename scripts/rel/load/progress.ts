// A crash counts only under load: the producers must have got through since the last start.

import { platform, type Writers } from './lanes.ts';

const waitMs = 10;
const waitsMax = 12_000;

/** Settles when `recordsMin` more are acknowledged; two minutes without is a hang. */
export async function progress(writers: Writers, recordsMin = 1000): Promise<void> {
  const until = writers.acknowledged + recordsMin;
  for (let waits = 0; writers.acknowledged < until; waits++) {
    if (waits > waitsMax) throw new Error('too little was acknowledged in two minutes');
    await platform.scheduler.sleep(waitMs);
  }
}
