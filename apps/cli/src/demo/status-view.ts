// The demo's screen as a pure function of its status: a table for a terminal, one line for a pipe.
// Leaves out: where the numbers come from (demo-run.ts) and how the screen is refreshed (terminal.ts).

import { formatTable } from '../output.js';

export interface PartitionLag {
  readonly partition: number;
  readonly endOffset: number;
  /** Next offset the group will read; 0 before its first commit. */
  readonly committedOffset: number;
}

export interface AirportDayView {
  readonly airport: string;
  readonly day: string;
  readonly flights: number;
  /** Minutes. */
  readonly delayMean: number;
  /** Share of flights above 15 minutes, 0 … 1. */
  readonly delayedShare: number;
  readonly delayMax: number;
}

export interface DemoStatus {
  /** 1 for the first replay of the file. */
  readonly round: number;
  /** Departure of the newest replayed row, milliseconds since the epoch; undefined before the first. */
  readonly eventTimeMs: number | undefined;
  /** Rows acknowledged by the broker, damaged ones included. */
  readonly produced: number;
  readonly rowsPerSecond: number;
  readonly counted: number;
  readonly late: number;
  readonly deadLetters: number;
  readonly lags: readonly PartitionLag[];
  /** Worst of the newest day that has flights, at most a handful. */
  readonly worst: readonly AirportDayView[];
  /** Running instances of the stream application and the tasks each owns. */
  readonly instances: readonly { readonly name: string; readonly tasks: readonly string[] }[];
  readonly broker: string;
  readonly http: string;
}

const integer = new Intl.NumberFormat('en');

/** `2001-01-05 13:40`, or dashes before the first row. */
function formatEventTime(eventTimeMs: number | undefined): string {
  if (eventTimeMs === undefined) return '---------- --:--';
  return new Date(eventTimeMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** The whole screen, lines joined by newlines. `keys` is the line that names the keys. */
export function renderScreen(status: DemoStatus, keys: string): string {
  const totalLag = status.lags.reduce((sum, lag) => sum + lagOf(lag), 0);
  const head = [
    `drave demo · Kafka ${status.broker} · http ${status.http}`,
    `event time ${formatEventTime(status.eventTimeMs)}   round ${status.round}   ${integer.format(Math.round(status.rowsPerSecond))} rows/s`,
    `produced ${integer.format(status.produced)}   counted ${integer.format(status.counted)}   late ${status.late}   dead letters ${status.deadLetters}   lag ${integer.format(totalLag)}`,
  ];
  const lags = formatTable(
    [
      { title: 'PARTITION', value: (lag: PartitionLag) => `flights/${lag.partition}` },
      { title: 'END', align: 'right', value: (lag) => lag.endOffset },
      { title: 'COMMITTED', align: 'right', value: (lag) => lag.committedOffset },
      { title: 'LAG', align: 'right', value: lagOf },
    ],
    status.lags,
  );
  const worst = formatTable(
    [
      { title: 'WORST AIRPORTS', value: (row: AirportDayView) => `${row.airport} ${row.day}` },
      { title: 'FLIGHTS', align: 'right', value: (row) => row.flights },
      { title: 'MEAN MIN', align: 'right', value: (row) => row.delayMean.toFixed(1) },
      {
        title: '>15 MIN',
        align: 'right',
        value: (row) => `${Math.round(row.delayedShare * 100)} %`,
      },
      { title: 'MAX', align: 'right', value: (row) => row.delayMax },
    ],
    status.worst,
  );
  const instances = status.instances.map(
    ({ name, tasks }) => `${name}: ${tasks.length === 0 ? 'no tasks' : tasks.join(' ')}`,
  );
  return [...head, '', lags, '', worst, '', ...instances, '', keys].join('\n');
}

/** One line for output that is not a terminal. */
export function renderLine(status: DemoStatus): string {
  const totalLag = status.lags.reduce((sum, lag) => sum + lagOf(lag), 0);
  const worst = status.worst[0];
  return [
    formatEventTime(status.eventTimeMs),
    `round ${status.round}`,
    `${Math.round(status.rowsPerSecond)} rows/s`,
    `produced ${status.produced}`,
    `counted ${status.counted}`,
    `late ${status.late}`,
    `dead letters ${status.deadLetters}`,
    `lag ${totalLag}`,
    worst ? `worst ${worst.airport} ${worst.day} mean ${worst.delayMean.toFixed(1)} min` : '',
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** `20,200 produced = 20,000 counted + 0 late + 200 dead letters`; the unequal sign tells that something is missing. */
export function renderSum(sums: {
  readonly produced: number;
  readonly counted: number;
  readonly late: number;
  readonly deadLetters: number;
}): string {
  const { produced, counted, late, deadLetters } = sums;
  const sign = produced === counted + late + deadLetters ? '=' : '≠';
  return `${integer.format(produced)} produced ${sign} ${integer.format(counted)} counted + ${integer.format(late)} late + ${integer.format(deadLetters)} dead letters`;
}

function lagOf({ endOffset, committedOffset }: PartitionLag): number {
  return Math.max(0, endOffset - committedOffset);
}
