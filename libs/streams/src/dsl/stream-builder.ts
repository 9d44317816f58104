// The entry of the DSL: sources, tables, and the finished topology.
// Protects: a plan is written once; after `build` the builder refuses changes. Leaves out: global tables, patterns.

import { durationMs, type Duration } from '../duration.js';
import { TopologyError } from '../errors.js';
import { LogicalPlan, type MalformedPolicy, type SourceNode } from '../plan.js';
import { tableOperator } from '../operators/table.js';
import { json, text, type Serde } from '../serde.js';
import { Topology } from '../topology.js';
import { Stream, Table } from './stream.js';

export interface SourceOptions<K, V> {
  /** Default: text. */
  readonly key?: Serde<K>;
  /** Default: json without a check. */
  readonly value?: Serde<V>;
  /** Event time in milliseconds since the epoch; default: the record's timestamp. Throwing is malformed input. */
  readonly time?: (value: V, key: K, recordTimestamp: number) => number;
  /** A record that does not decode: to the dead letter topic, dropped and counted, or failing the task (default). */
  readonly onMalformed?: MalformedPolicy;
  /** The same for a record on which an operator throws; default `fail`. */
  readonly onError?: MalformedPolicy;
  /** Default `<topic>.dlq`. */
  readonly dlqTopic?: string;
  /**
   * A record further ahead of stream time than this is handled as malformed (class `timestamp-too-far-ahead`) and does
   * not move stream time. Absent: no bound. The first record of a task is always admitted.
   */
  readonly maxAhead?: Duration;
  readonly name?: string;
}

export interface StreamSourceOptions<K, V> extends SourceOptions<K, V> {
  /** Records without a value: dropped and counted as skipped (default), or passed on as null. */
  readonly nullValues?: 'pass' | 'skip';
}

export interface TableOptions<K, V> extends SourceOptions<K, V> {
  /** Name of the store; default: made from the operator's name. */
  readonly store?: string;
}

export class StreamBuilder {
  readonly #plan = new LogicalPlan();
  readonly #sourceTopics = new Set<string>();
  #built: Topology | undefined;

  /** Reads a topic as a stream of facts. */
  from<K = string, V = unknown>(
    topic: string,
    options: StreamSourceOptions<K, V> & { readonly nullValues: 'pass' },
  ): Stream<K, V | null>;
  from<K = string, V = unknown>(topic: string, options?: StreamSourceOptions<K, V>): Stream<K, V>;
  from<K = string, V = unknown>(
    topic: string,
    options: StreamSourceOptions<K, V> = {},
  ): Stream<K, V> {
    const source = this.#source(topic, options, options.nullValues ?? 'skip');
    return new Stream<K, V>(this.#plan, {
      from: source.id,
      port: '',
      key: source.key as Serde<K>,
      value: source.value as Serde<V>,
      keyChanged: false,
    });
  }

  /** Reads a topic as the latest value per key; null values delete. Kept in a local store with a changelog. */
  table<K = string, V = unknown>(topic: string, options: TableOptions<K, V> = {}): Table<K, V> {
    const source = this.#source(topic, options, 'pass');
    const name = this.#plan.nameFor('table', undefined);
    const store = options.store ?? `${name}-store`;
    this.#plan.addStore({ name: store, key: source.key, value: source.value, windows: undefined });
    const id = this.#plan.add(
      {
        kind: 'operator',
        id: this.#plan.nextId(),
        name,
        operation: 'table',
        stores: [store],
        create: tableOperator(store),
      },
      { from: source.id, port: '' },
    );
    return new Table<K, V>(this.#plan, {
      from: id,
      store,
      key: source.key as Serde<K>,
      value: source.value as Serde<V>,
      windowed: false,
    });
  }

  /** Checks the plan and cuts it into sub-topologies. The same topology at each call. */
  build(): Topology {
    this.#built ??= new Topology(this.#plan);
    return this.#built;
  }

  #source<K, V>(
    topic: string,
    options: SourceOptions<K, V>,
    nullValues: 'pass' | 'skip',
  ): SourceNode {
    if (this.#built) throw new TopologyError('the topology is built; add sources before build()');
    if (this.#sourceTopics.has(topic)) {
      throw new TopologyError(`topic '${topic}' is read twice; use one source and branch from it`);
    }
    this.#sourceTopics.add(topic);
    const node: SourceNode = {
      kind: 'source',
      id: this.#plan.nextId(),
      name: this.#plan.nameFor('source', options.name),
      topic: { kind: 'external', name: topic },
      key: (options.key ?? text()) as Serde<unknown>,
      value: (options.value ?? json()) as Serde<unknown>,
      time: options.time as SourceNode['time'],
      nullValues,
      onMalformed: options.onMalformed ?? 'fail',
      onError: options.onError ?? 'fail',
      deadLetterTopic: options.dlqTopic ?? `${topic}.dlq`,
      maxAheadMs: options.maxAhead === undefined ? undefined : durationMs(options.maxAhead),
    };
    this.#plan.add(node);
    return node;
  }
}
