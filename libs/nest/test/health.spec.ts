import { manualClock, memoryPlatform } from '@drave/platform';
import type { StreamsApp } from '@drave/streams';
import { describe, expect, it } from 'vitest';
import { checkHealth, streamsIndicator, StreamsApps, type HealthState } from '../src/index.js';

const up: HealthState = { status: 'up' };

describe('a health check', () => {
  it('is up when everything is', async () => {
    const indicators = ['a', 'b'].map((name) => ({ name, check: async () => up }));
    expect(await checkHealth(indicators, memoryPlatform())).toEqual({
      isUp: true,
      states: { a: up, b: up },
    });
    expect((await checkHealth([], memoryPlatform())).isUp).toBe(true);
  });

  it('names the reason of an indicator that rejects', async () => {
    const broken = { name: 'a', check: () => Promise.reject(new Error('no route to host')) };
    const report = await checkHealth(
      [broken, { name: 'b', check: async () => up }],
      memoryPlatform(),
    );
    expect(report).toEqual({
      isUp: false,
      states: { a: { status: 'down', reason: 'no route to host' }, b: up },
    });
  });

  it('does not wait longer than two seconds', async () => {
    const clock = manualClock();
    const hanging = { name: 'a', check: () => new Promise<HealthState>(() => undefined) };
    const report = checkHealth([hanging], { scheduler: clock });
    await clock.advance(2_000);
    expect((await report).states).toEqual({
      a: { status: 'down', reason: 'no answer within 2000 ms' },
    });
  });
});

describe('the indicator of stream applications', () => {
  function app(state: string, taskStates: readonly string[], lag?: number): StreamsApp {
    const tasks = taskStates.map((taskState, i) => ({ taskId: `0_${i}`, state: taskState }));
    return {
      state,
      failure: state === 'failed' ? new Error('disk full') : undefined,
      tasks: () => tasks,
      metrics: () => ({ lag }),
      describe: () => ({ applicationId: 'delays' }),
    } as unknown as StreamsApp;
  }

  it.each([
    ['running with all its tasks', [app('running', ['running'], 3)], 'up', undefined],
    ['one of more instances than partitions', [app('running', [], 0)], 'up', undefined],
    [
      'restoring',
      [app('running', ['running', 'restoring'])],
      'down',
      'task 0_1 of delays is restoring',
    ],
    ['failed', [app('failed', [])], 'down', 'delays is failed (disk full)'],
    ['closing', [app('closing', ['running'])], 'down', 'delays is closing'],
  ])('judges one that is %s', async (_name, apps, status, reason) => {
    const state = await streamsIndicator(new StreamsApps(apps)).check();
    expect([state.status, state['reason']]).toEqual([status, reason]);
  });

  it('sums instances, with an unknown lag as null', async () => {
    const apps = [app('running', ['running'], 3), app('running', ['running', 'running'], 4)];
    const known = await streamsIndicator(new StreamsApps(apps)).check();
    expect(known['applications']).toEqual({
      delays: { instances: 2, tasks: 3, lag: 7, isPaused: false },
    });
    const unknown = await streamsIndicator(new StreamsApps([...apps, app('running', [])])).check();
    expect(unknown['applications']).toEqual({
      delays: { instances: 3, tasks: 3, lag: null, isPaused: false },
    });
  });
});
