// The DSL of streams and tables: Stream → GroupedStream → (WindowedStream →) Table → Stream. One file, because the four
// classes return each other. Each call adds a node to the plan and returns a new handle.
// Protects: a repartition topic is inserted where records are grouped or joined by key after the key may have changed,
// and nowhere else. Callbacks take (value, key), values first as in JavaScript.
// Leaves out: stream-stream and table-table joins, asynchronous calls, grouping a table (needs retractions).

import { TopologyError } from '../errors.js';
import {
  aggregateOperator,
  windowedAggregateOperator,
  type Aggregation,
  type LateOutput,
} from '../operators/aggregate.js';
import {
  filterOperator,
  flatMapOperator,
  flatMapValuesOperator,
  mapOperator,
  mapValuesOperator,
  passOperator,
  peekOperator,
  splitOperator,
} from '../operators/stateless.js';
import { joinTableOperator } from '../operators/table.js';
import type { LogicalPlan, OperatorContext, OperatorFactory, Push } from '../plan.js';
import { json, long, windowed, type Serde } from '../serde.js';
import { timeWindows, type TimeWindows, type Windowed, type WindowOptions } from '../window.js';
import {
  addRepartition,
  withSerdes,
  type AggregateOptions,
  type GroupHandle,
  type KeySerde,
  type Named,
  type StreamHandle,
  type TableHandle,
  type ValueSerde,
} from './handles.js';

export class Stream<K, V> {
  readonly #plan: LogicalPlan;
  readonly #handle: StreamHandle<K, V>;

  constructor(plan: LogicalPlan, handle: StreamHandle<K, V>) {
    this.#plan = plan;
    this.#handle = handle;
  }

  /** Keeps records for which `keep` holds; a type guard narrows the value. */
  filter<W extends V>(keep: (value: V, key: K) => value is W, options?: Named): Stream<K, W>;
  filter(keep: (value: V, key: K) => boolean, options?: Named): Stream<K, V>;
  filter(keep: (value: V, key: K) => boolean, options: Named = {}): Stream<K, V> {
    const operator = filterOperator(keep as (value: unknown, key: unknown) => boolean);
    return this.#append('filter', operator, options, this.#handle);
  }

  /** New key and value. */
  map<K2, V2>(
    map: (value: V, key: K) => readonly [K2, V2],
    options: Named & KeySerde<K2> & ValueSerde<V2> = {},
  ): Stream<K2, V2> {
    const operator = mapOperator(
      map as (value: unknown, key: unknown) => readonly [unknown, unknown],
    );
    return this.#append('map', operator, options, {
      key: options.key,
      value: options.value,
      keyChanged: true,
    });
  }

  mapValues<V2>(
    map: (value: V, key: K) => V2,
    options: Named & ValueSerde<V2> = {},
  ): Stream<K, V2> {
    const operator = mapValuesOperator(map as (value: unknown, key: unknown) => unknown);
    return this.#append('map-values', operator, options, {
      key: this.#handle.key,
      value: options.value,
      keyChanged: this.#handle.keyChanged,
    });
  }

  /** Any number of new records per record. */
  flatMap<K2, V2>(
    map: (value: V, key: K) => Iterable<readonly [K2, V2]>,
    options: Named & KeySerde<K2> & ValueSerde<V2> = {},
  ): Stream<K2, V2> {
    const operator = flatMapOperator(
      map as (value: unknown, key: unknown) => Iterable<readonly [unknown, unknown]>,
    );
    return this.#append('flat-map', operator, options, {
      key: options.key,
      value: options.value,
      keyChanged: true,
    });
  }

  flatMapValues<V2>(
    map: (value: V, key: K) => Iterable<V2>,
    options: Named & ValueSerde<V2> = {},
  ): Stream<K, V2> {
    const operator = flatMapValuesOperator(
      map as (value: unknown, key: unknown) => Iterable<unknown>,
    );
    return this.#append('flat-map-values', operator, options, {
      key: this.#handle.key,
      value: options.value,
      keyChanged: this.#handle.keyChanged,
    });
  }

  /** Looks without changing anything. Runs again for records that are processed again after a crash. */
  peek(look: (value: V, key: K) => void, options: Named = {}): Stream<K, V> {
    const operator = peekOperator(look as (value: unknown, key: unknown) => void);
    return this.#append('peek', operator, options, this.#handle);
  }

  /** A new key; grouping or joining afterwards goes through a repartition topic. */
  selectKey<K2>(by: (value: V, key: K) => K2, options: Named & KeySerde<K2> = {}): Stream<K2, V> {
    const operator = mapOperator((value, key) => [by(value as V, key as K), value]);
    return this.#append('select-key', operator, options, {
      key: options.key,
      value: this.#handle.value,
      keyChanged: true,
    });
  }

  /** Records of both; order between them is by timestamp as far as both are buffered. */
  merge(other: Stream<K, V>, options: Named = {}): Stream<K, V> {
    const keyChanged = this.#handle.keyChanged || other.#handle.keyChanged;
    const merged = this.#append('merge', passOperator, options, { ...this.#handle, keyChanged });
    this.#plan.connect(other.#handle, merged.#handle.from);
    return merged;
  }

  /** Each record goes to the first named branch whose predicate holds, else to `rest`. */
  split<const B extends Readonly<Record<string, (value: V, key: K) => boolean>>>(
    branches: B,
    options: Named = {},
  ): { readonly [Name in keyof B | 'rest']: Stream<K, Branch<V, B, Name>> } {
    if ('rest' in branches) throw new TopologyError("a branch cannot be named 'rest'");
    const ways = Object.entries(branches).map(([name, takes]) => ({
      name,
      takes: takes as (value: unknown, key: unknown) => boolean,
    }));
    const node = this.#append('split', splitOperator(ways), options, this.#handle);
    const at = (port: string) => new Stream<K, V>(this.#plan, { ...node.#handle, port });
    const streams = [...ways.map(({ name }) => [name, at(`branch:${name}`)]), ['rest', at('rest')]];
    return Object.fromEntries(streams) as {
      readonly [Name in keyof B | 'rest']: Stream<K, Branch<V, B, Name>>;
    };
  }

  /** The value looked up in a table of the same key and partition count; without a match the record is dropped. */
  join<T, V2>(
    table: Table<K, T>,
    join: (value: V, tableValue: T, key: K) => V2,
    options: Named & ValueSerde<V2> = {},
  ): Stream<K, V2> {
    return this.#joinTable(table, true, join as JoinFunction, options);
  }

  /** As `join`, but a record without a match is kept: its table value is undefined. */
  leftJoin<T, V2>(
    table: Table<K, T>,
    join: (value: V, tableValue: T | undefined, key: K) => V2,
    options: Named & ValueSerde<V2> = {},
  ): Stream<K, V2> {
    return this.#joinTable(table, false, join as JoinFunction, options);
  }

  /** Groups by a new key (through a repartition topic). The serdes default to those known here, then text and json. */
  groupBy<K2>(
    by: (value: V, key: K) => K2,
    options: Named & KeySerde<K2> & ValueSerde<V> = {},
  ): GroupedStream<K2, V> {
    const { name: _name, ...serdes } = options;
    return this.selectKey(by, serdes).groupByKey({ ...options });
  }

  /** Groups by the present key; no repartition topic unless the key was changed before. */
  groupByKey(options: Named & KeySerde<K> & ValueSerde<V> = {}): GroupedStream<K, V> {
    return new GroupedStream<K, V>(this.#plan, withSerdes(this.#handle, options), options.name);
  }

  /** Through a topic of the application, so that each key is in one partition. */
  repartition(options: Named & KeySerde<K> & ValueSerde<V> = {}): Stream<K, V> {
    const handle = withSerdes(this.#handle, options);
    return new Stream<K, V>(this.#plan, addRepartition(this.#plan, handle, options.name));
  }

  /** An operator of your own: `create` runs once per task and returns what happens per record. */
  process<K2, V2>(
    create: (
      context: OperatorContext,
      forward: (key: K2, value: V2, timestamp: number) => void,
    ) => (key: K, value: V, timestamp: number) => void,
    options: Named & KeySerde<K2> & ValueSerde<V2> & { readonly stores?: readonly string[] } = {},
  ): Stream<K2, V2> {
    const operator: OperatorFactory = (context, forward) =>
      create(context, forward as (key: K2, value: V2, timestamp: number) => void) as Push;
    const serdes = { key: options.key, value: options.value, keyChanged: true };
    return this.#append('process', operator, options, serdes, options.stores);
  }

  /** Writes to a topic of yours, which must exist or be creatable. Key partitioning as Kafka's default (murmur2). */
  to(topic: string, options: Named & KeySerde<K> & ValueSerde<V> = {}): void {
    const { from, port, key, value } = withSerdes(this.#handle, options);
    this.#plan.add(
      {
        kind: 'sink',
        id: this.#plan.nextId(),
        name: this.#plan.nameFor('sink', options.name),
        topic: { kind: 'external', name: topic },
        key: key as Serde<unknown>,
        value: value as Serde<unknown>,
      },
      { from, port },
    );
  }

  #joinTable<T, V2>(
    table: Table<K, T>,
    inner: boolean,
    join: JoinFunction,
    options: Named & ValueSerde<V2>,
  ): Stream<K, V2> {
    const here = this.#handle.keyChanged ? this.repartition() : this;
    const operator = joinTableOperator({ store: table.store, inner, join });
    return here.#append(
      inner ? 'join' : 'left-join',
      operator,
      options,
      { key: here.#handle.key, value: options.value, keyChanged: false },
      [table.store],
    );
  }

  #append<K2, V2>(
    operation: string,
    create: OperatorFactory,
    options: Named,
    output: Pick<StreamHandle<K2, V2>, 'key' | 'value' | 'keyChanged'>,
    stores: readonly string[] = [],
  ): Stream<K2, V2> {
    const name = this.#plan.nameFor(operation, options.name);
    const id = this.#plan.nextId();
    this.#plan.add({ kind: 'operator', id, name, operation, stores, create }, this.#handle);
    const { key, value, keyChanged } = output;
    return new Stream<K2, V2>(this.#plan, { from: id, port: '', key, value, keyChanged });
  }
}

type JoinFunction = (value: unknown, tableValue: unknown, key: unknown) => unknown;

/** The value type of a branch: narrowed where its predicate is a type guard. */
type Branch<V, B, Name extends PropertyKey> = Name extends keyof B ? Narrowed<V, B[Name]> : V;
type Narrowed<V, Predicate> = Predicate extends ((
  value: V,
  key: never,
) => value is infer W extends V)
  ? W
  : V;

/** What an aggregation needs to know of what it is appended to. */
interface Target<K> {
  readonly operation: string;
  readonly resultKey: Serde<K>;
  readonly create: (aggregation: Aggregation) => OperatorFactory;
}

abstract class Aggregatable<K, V, R> {
  protected abstract append<A>(
    apply: Aggregation['apply'],
    options: AggregateOptions<A>,
    value: Serde<A>,
  ): Table<R, A>;
  protected abstract readonly valueSerde: Serde<V>;

  /**
   * Folds values into an aggregate. `add` gets the aggregate so far, the value and the key, and returns the new one; it
   * may change and return the same object. `initial` makes a fresh one per key (and window).
   */
  aggregate<A>(
    initial: () => A,
    add: (aggregate: A, value: V, key: K) => A,
    options: AggregateOptions<A> = {},
  ): Table<R, A> {
    const apply: Aggregation['apply'] = (previous, value, key) =>
      add(previous === undefined ? initial() : (previous as A), value as V, key as K);
    return this.append(apply, options, options.value ?? json<A>());
  }

  /** As `aggregate` from a constant, which `add` must not change. */
  fold<A>(
    initial: A,
    add: (aggregate: A, value: V, key: K) => A,
    options: AggregateOptions<A> = {},
  ): Table<R, A> {
    return this.aggregate(() => initial, add, options);
  }

  /** Combines values of one type; the first value of a key starts it. */
  reduce(
    combine: (aggregate: V, value: V, key: K) => V,
    options: AggregateOptions<V> = {},
  ): Table<R, V> {
    const apply: Aggregation['apply'] = (previous, value, key) =>
      previous === undefined ? value : combine(previous as V, value as V, key as K);
    return this.append(apply, options, options.value ?? this.valueSerde);
  }

  /** Number of records; int64 in the store unless `value` says otherwise. */
  count(options: AggregateOptions<number> = {}): Table<R, number> {
    const apply: Aggregation['apply'] = (previous) => ((previous as number | undefined) ?? 0) + 1;
    return this.append(apply, options, options.value ?? long());
  }
}

export class GroupedStream<K, V> extends Aggregatable<K, V, K> {
  readonly #plan: LogicalPlan;
  readonly #handle: GroupHandle<K, V>;
  readonly #name: string | undefined;

  constructor(plan: LogicalPlan, handle: GroupHandle<K, V>, name: string | undefined) {
    super();
    this.#plan = plan;
    this.#handle = handle;
    this.#name = name;
  }

  protected get valueSerde(): Serde<V> {
    return this.#handle.value;
  }

  /** Tumbling windows, or hopping ones when `advanceMs` is below `sizeMs`. */
  windowed(options: WindowOptions): WindowedStream<K, V> {
    return new WindowedStream(this, timeWindows(options), options.lateTo);
  }

  protected append<A>(
    apply: Aggregation['apply'],
    options: AggregateOptions<A>,
    value: Serde<A>,
  ): Table<K, A> {
    return this.appendTo(apply, options, value, undefined, {
      operation: 'aggregate',
      resultKey: this.#handle.key,
      create: aggregateOperator,
    });
  }

  get serdes(): { readonly key: Serde<K>; readonly value: Serde<V> } {
    return this.#handle;
  }

  /** For this folder: adds the store and the operator. */
  appendTo<R, A>(
    apply: Aggregation['apply'],
    options: AggregateOptions<A>,
    value: Serde<A>,
    windows: TimeWindows | undefined,
    target: Target<R>,
  ): Table<R, A> {
    const handle = this.#handle.keyChanged
      ? addRepartition(this.#plan, this.#handle, this.#name ?? options.store)
      : this.#handle;
    const name = this.#plan.nameFor(target.operation, options.name ?? options.store);
    const store = options.store ?? name;
    this.#plan.addStore({
      name: store,
      key: this.#handle.key as Serde<unknown>,
      value: value as Serde<unknown>,
      windows,
    });
    const id = this.#plan.nextId();
    const create = target.create({ store, apply });
    const { operation, resultKey } = target;
    this.#plan.add({ kind: 'operator', id, name, operation, stores: [store], create }, handle);
    const result = { from: id, store, key: resultKey, value, windowed: windows !== undefined };
    return new Table<R, A>(this.#plan, result);
  }
}

export class WindowedStream<K, V> extends Aggregatable<K, V, Windowed<K>> {
  readonly #grouped: GroupedStream<K, V>;
  readonly #windows: TimeWindows;
  readonly #lateTo: string | undefined;

  constructor(grouped: GroupedStream<K, V>, windows: TimeWindows, lateTo: string | undefined) {
    super();
    this.#grouped = grouped;
    this.#windows = windows;
    this.#lateTo = lateTo;
  }

  protected get valueSerde(): Serde<V> {
    return this.#grouped.serdes.value;
  }

  protected append<A>(
    apply: Aggregation['apply'],
    options: AggregateOptions<A>,
    value: Serde<A>,
  ): Table<Windowed<K>, A> {
    const { key, value: input } = this.#grouped.serdes;
    const windows = this.#windows;
    const late: LateOutput | undefined =
      this.#lateTo === undefined
        ? undefined
        : {
            topic: { kind: 'external', name: this.#lateTo },
            key: key as Serde<unknown>,
            value: input as Serde<unknown>,
          };
    return this.#grouped.appendTo(apply, options, value, windows, {
      operation: 'windowed-aggregate',
      resultKey: windowed(key, windows.sizeMs),
      create: (aggregation) => windowedAggregateOperator(aggregation, windows, late),
    });
  }
}

export class Table<K, V> {
  /** Name of the store that holds it; give it to `StreamsApp.store()` or to `join`. */
  readonly store: string;
  readonly #plan: LogicalPlan;
  readonly #handle: TableHandle<K, V>;

  constructor(plan: LogicalPlan, handle: TableHandle<K, V>) {
    this.#plan = plan;
    this.#handle = handle;
    this.store = handle.store;
  }

  /**
   * `on-update`: each change at once, with the timestamp of the record that made it. `on-close`: each window once, when
   * stream time reaches its end + grace, with the timestamp end − 1; windows only. Both may be asked of one table.
   */
  emit(when: 'on-update' | 'on-close', options: Named = {}): Stream<K, V> {
    if (when === 'on-close' && !this.#handle.windowed) {
      throw new TopologyError(`store '${this.store}' has no windows, so it cannot emit 'on-close'`);
    }
    const { from, key, value } = this.#handle;
    const name = this.#plan.nameFor('emit', options.name);
    const id = this.#plan.nextId();
    this.#plan.add(
      { kind: 'operator', id, name, operation: `emit ${when}`, stores: [], create: passOperator },
      { from, port: when === 'on-update' ? 'update' : 'close' },
    );
    return new Stream<K, V>(this.#plan, { from: id, port: '', key, value, keyChanged: false });
  }

  /** `emit('on-update')`. */
  toStream(options: Named = {}): Stream<K, V> {
    return this.emit('on-update', options);
  }

  /** `emit('on-update').to(topic)`. */
  to(topic: string, options: Named & KeySerde<K> & ValueSerde<V> = {}): void {
    this.toStream().to(topic, options);
  }
}
