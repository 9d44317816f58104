// The logical plan: what the DSL records and a topology is cut from. Nodes are numbered in the order of declaration, and
// inputs exist before what reads them, so ascending ids are a topological order.
// Values flow as `unknown` here; the DSL's type parameters are the only typing. Leaves out: optimisation across nodes.

import type { Duration } from './duration.js';
import type { RecordHeader } from './record.js';
import type { Serde } from './serde.js';
import type { StoreSpec } from './state/store-spec.js';
import type { StateStore } from './state/store.js';

/** Pushes one record to what comes next; synchronous, depth first. */
export type Push = (key: unknown, value: unknown, timestamp: number) => void;

/** A topic of the user, or an internal one whose name starts with the application id. */
export type TopicReference =
  | { readonly kind: 'external'; readonly name: string }
  | { readonly kind: 'repartition'; readonly name: string };

export type MalformedPolicy = 'dlq' | 'skip' | 'fail';

export interface SourceNode {
  readonly kind: 'source';
  readonly id: number;
  readonly name: string;
  readonly topic: TopicReference;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
  /** Event time of a record; absent: the record's own timestamp. */
  readonly time: ((value: unknown, key: unknown, recordTimestamp: number) => number) | undefined;
  readonly nullValues: 'pass' | 'skip';
  readonly onMalformed: MalformedPolicy;
  readonly onError: MalformedPolicy;
  readonly deadLetterTopic: string;
  readonly maxAheadMs: number | undefined;
}

/** What an operator may use while it runs. One per task. */
export interface OperatorContext {
  readonly taskId: string;
  readonly partition: number;
  /** Highest timestamp admitted to this task; −1 before the first record. */
  streamTimeMs(): number;
  /** Topic, partition, offset and headers of the source record under way; undefined inside a time hook. */
  current(): CurrentRecord | undefined;
  store(name: string): StateStore;
  /** Called, in topological order, after stream time moved and before the record that moved it is processed. */
  onStreamTime(callback: (toMs: number, fromMs: number) => void): void;
  /** Calls back at multiples of `everyMs` of stream time, or of the wall clock. */
  schedule(
    everyMs: Duration,
    clock: 'stream-time' | 'wall-clock',
    callback: (nowMs: number) => void,
  ): void;
  count(counter: 'late' | 'partlyLate' | 'skipped'): void;
  send(target: TopicReference, purpose: 'sink' | 'repartition' | 'late', record: SentRecord): void;
}

export interface CurrentRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: readonly RecordHeader[];
}

export interface SentRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
}

/** Builds the running form of an operator. `port(name)` is undefined when nothing listens there. */
export type OperatorFactory = (
  context: OperatorContext,
  forward: Push,
  port: (name: string) => Push | undefined,
) => Push;

export interface OperatorNode {
  readonly kind: 'operator';
  readonly id: number;
  readonly name: string;
  /** filter, map, aggregate …: shown in the topology. */
  readonly operation: string;
  readonly stores: readonly string[];
  readonly create: OperatorFactory;
}

export interface SinkNode {
  readonly kind: 'sink';
  readonly id: number;
  readonly name: string;
  readonly topic: TopicReference;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
}

export type PlanNode = SourceNode | OperatorNode | SinkNode;

/** `port` is '' for the ordinary output. */
export interface PlanEdge {
  readonly from: number;
  readonly port: string;
  readonly to: number;
}

export class LogicalPlan {
  readonly nodes: PlanNode[] = [];
  readonly edges: PlanEdge[] = [];
  readonly stores = new Map<string, StoreSpec>();
  readonly #names = new Set<string>();

  nextId(): number {
    return this.nodes.length;
  }

  /** The given name, or one made of the kind and the position; unique in the plan. */
  nameFor(kind: string, given: string | undefined): string {
    const name = given ?? `${kind}-${String(this.nodes.length).padStart(3, '0')}`;
    if (!/^[a-zA-Z0-9._-]{1,100}$/.test(name)) {
      throw new Error(`operator name '${name}': use 1 to 100 of a-z A-Z 0-9 . _ -`);
    }
    if (this.#names.has(name)) throw new Error(`two operators are named '${name}'; rename one`);
    this.#names.add(name);
    return name;
  }

  add(node: PlanNode, input?: { readonly from: number; readonly port: string }): number {
    this.nodes.push(node);
    if (input) this.connect(input, node.id);
    return node.id;
  }

  connect(input: { readonly from: number; readonly port: string }, to: number): void {
    this.edges.push({ from: input.from, port: input.port, to });
  }

  addStore(spec: StoreSpec): void {
    if (this.stores.has(spec.name)) {
      throw new Error(`two stores are named '${spec.name}'; give each its own name`);
    }
    this.stores.set(spec.name, spec);
  }
}
