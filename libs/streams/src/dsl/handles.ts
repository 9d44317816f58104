// Positions in a plan with what is known there, the options operators share, and the repartition step.
// Protects: internal topics take the name of the group or of the store, so they survive unrelated changes.

import type { LogicalPlan } from '../plan.js';
import { json, text, type Serde } from '../serde.js';

/** Where a stream comes from within the plan. */
export interface StreamHandle<K, V> {
  readonly from: number;
  readonly port: string;
  /** undefined after an operator that may have changed the type. */
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  readonly keyChanged: boolean;
}

export interface GroupHandle<K, V> extends StreamHandle<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

export interface TableHandle<K, V> {
  readonly from: number;
  readonly store: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  readonly windowed: boolean;
}

export interface Named {
  /** Shown in the topology, metrics and dead letters; default: kind and position. */
  readonly name?: string;
}
export interface KeySerde<K> {
  readonly key?: Serde<K>;
}
export interface ValueSerde<V> {
  readonly value?: Serde<V>;
}

export interface AggregateOptions<A> extends Named, ValueSerde<A> {
  /** Name of the state store, also of its changelog `<application>-<store>-changelog`; default: the operator's name. */
  readonly store?: string;
}

/** The known serdes, or text keys and JSON values. Text refuses other key types when a record comes by. */
export function withSerdes<K, V>(
  handle: StreamHandle<K, V>,
  options: KeySerde<K> & ValueSerde<V>,
): GroupHandle<K, V> {
  return {
    ...handle,
    key: options.key ?? handle.key ?? (text() as unknown as Serde<K>),
    value: options.value ?? handle.value ?? json<V>(),
  };
}

/** Adds a repartition topic, written by what the handle names and read by what the result names. */
export function addRepartition<K, V>(
  plan: LogicalPlan,
  handle: GroupHandle<K, V>,
  given: string | undefined,
): GroupHandle<K, V> {
  const { key, value } = handle;
  const unique = plan.nameFor('group', given === undefined ? undefined : `${given}-repartition`);
  const topic = { kind: 'repartition', name: given ?? unique } as const;
  const serdes = { key: key as Serde<unknown>, value: value as Serde<unknown> };
  const sinkName = plan.nameFor('repartition-sink', undefined);
  plan.add({ kind: 'sink', id: plan.nextId(), name: sinkName, topic, ...serdes }, handle);
  const from = plan.add({
    kind: 'source',
    id: plan.nextId(),
    name: plan.nameFor('repartition-source', undefined),
    topic,
    ...serdes,
    time: undefined,
    nullValues: 'pass',
    onMalformed: 'fail',
    onError: 'fail',
    deadLetterTopic: '',
    maxAheadMs: undefined,
  });
  return { from, port: '', key, value, keyChanged: false };
}
