import { describe, expect, it } from 'vitest';
import {
  type DemoStatus,
  renderLine,
  renderScreen,
  renderSum,
} from '../../src/demo/status-view.js';

const status: DemoStatus = {
  round: 1,
  eventTimeMs: Date.parse('2001-01-05T13:40:00Z'),
  produced: 1_234,
  rowsPerSecond: 111.4,
  counted: 1_200,
  late: 0,
  deadLetters: 12,
  lags: [
    { partition: 0, endOffset: 500, committedOffset: 490 },
    { partition: 1, endOffset: 734, committedOffset: 734 },
  ],
  worst: [
    {
      airport: 'EWR',
      day: '2001-01-05',
      flights: 4,
      delayMean: 61.25,
      delayedShare: 0.5,
      delayMax: 180,
    },
  ],
  instances: [{ name: 'instance-1', tasks: ['0_0', '0_1'] }],
  broker: '127.0.0.1:9092',
  http: 'http://127.0.0.1:9080',
};

describe('the demo on screen', () => {
  it('shows event time, rate, lag per partition, worst airports, dead letters and instances', () => {
    const screen = renderScreen(status, 'q quit');
    expect(screen).toContain('event time 2001-01-05 13:40   round 1   111 rows/s');
    expect(screen).toContain('produced 1,234   counted 1,200   late 0   dead letters 12   lag 10');
    expect(screen).toMatch(/flights\/0\s+500\s+490\s+10/);
    expect(screen).toMatch(/EWR 2001-01-05\s+4\s+61\.3\s+50 %\s+180/);
    expect(screen).toContain('instance-1: 0_0 0_1');
    expect(screen.endsWith('q quit')).toBe(true);
  });

  it('shows the same in one line where there is no terminal', () => {
    expect(renderLine(status)).toBe(
      '2001-01-05 13:40  round 1  111 rows/s  produced 1234  counted 1200  late 0  dead letters 12  lag 10  worst EWR 2001-01-05 mean 61.3 min',
    );
  });

  it('says equal only when the sums are equal', () => {
    expect(renderSum({ produced: 20_200, counted: 20_000, late: 0, deadLetters: 200 })).toBe(
      '20,200 produced = 20,000 counted + 0 late + 200 dead letters',
    );
    expect(renderSum({ produced: 20_200, counted: 19_999, late: 0, deadLetters: 200 })).toContain(
      '≠',
    );
  });
});
