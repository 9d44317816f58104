// What a health check asks. A state has terminus' shape, so an indicator also serves there: `() => ({[i.name]: await i.check()})`.
// Protects: an indicator that hangs counts as down after its time. Leaves out: HTTP.

import type { Platform } from '@drave/platform';

export interface HealthState {
  readonly status: 'up' | 'down';
  /** Facts for a reader: `reason` when down, sizes, counts. */
  readonly [fact: string]: unknown;
}

export interface HealthIndicator {
  readonly name: string;
  /** Never longer than the caller's patience; may reject, which counts as down. */
  check(): Promise<HealthState>;
}

export interface HealthReport {
  readonly isUp: boolean;
  readonly states: Readonly<Record<string, HealthState>>;
}

const patienceMs = 2_000;

/** Asks all indicators at once; each has two seconds. */
export async function checkHealth(
  indicators: readonly HealthIndicator[],
  { scheduler }: Pick<Platform, 'scheduler'>,
): Promise<HealthReport> {
  const states = await Promise.all(
    indicators.map(async (indicator) => {
      let cancel = (): void => undefined;
      const late = new Promise<HealthState>((resolve) => {
        const timer = scheduler.setTimer(patienceMs, () =>
          resolve({ status: 'down', reason: `no answer within ${patienceMs} ms` }),
        );
        cancel = () => timer.cancel();
      });
      const asked = indicator
        .check()
        .catch((error: unknown): HealthState => ({ status: 'down', reason: reasonOf(error) }));
      const state = await Promise.race([asked, late]);
      cancel();
      return [indicator.name, state] as const;
    }),
  );
  return {
    isUp: states.every(([, state]) => state.status === 'up'),
    states: Object.fromEntries(states),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
