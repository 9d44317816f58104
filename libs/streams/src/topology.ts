// The finished topology: the plan cut into sub-topologies, which are joined only through topics. One task runs one
// sub-topology for one partition number. Protects: nodes that share an edge or a store are in one sub-topology; internal
// names are `<application>-<name>-repartition` and `<application>-<store>-changelog`.
// Leaves out: changing a topology in place.

import { isLegalTopicName } from '@drave/contracts';
import { describeTopology, type TopologyDescription } from './describe.js';
import { TopologyError } from './errors.js';
import { changelogTopic, resolveTopic, type Subtopology } from './subtopology.js';
import type { LogicalPlan, PlanNode, TopicReference } from './plan.js';

export class Topology {
  readonly subtopologies: readonly Subtopology[];

  /** Made by `StreamBuilder.build()`. Throws TopologyError when the plan cannot work. */
  constructor(plan: LogicalPlan) {
    this.subtopologies = Object.freeze(cut(plan));
    if (this.subtopologies.length === 0) {
      throw new TopologyError('the topology is empty; start with builder.from(topic)');
    }
  }

  /** Every topic read by a source, without repetition. */
  sourceTopics(applicationId: string): string[] {
    return this.subtopologies.flatMap(({ sources }) =>
      sources.map(({ topic }) => resolveTopic(topic, applicationId)),
    );
  }

  /** Topics of the user that are read or written, with dead letter topics; these the application does not create. */
  externalTopics(): { readonly sources: string[]; readonly sinks: string[] } {
    const sources = this.subtopologies.flatMap((subtopology) => subtopology.sources);
    const sinks = this.subtopologies.flatMap((subtopology) => subtopology.sinks);
    const external = (nodes: readonly { topic: TopicReference }[]) =>
      nodes.flatMap(({ topic }) => (topic.kind === 'external' ? [topic.name] : []));
    const letters = sources
      .filter((node) => node.onMalformed === 'dlq' || node.onError === 'dlq')
      .map(({ deadLetterTopic }) => deadLetterTopic);
    return { sources: external(sources), sinks: [...new Set([...external(sinks), ...letters])] };
  }

  /** Sub-topologies, nodes, stores and topics as plain JSON; names are resolved for the application. */
  describe(applicationId = 'app'): TopologyDescription {
    return describeTopology(this.subtopologies, applicationId);
  }

  /** Throws when the internal topics would have illegal names. */
  checkNames(applicationId: string): void {
    for (const { sources, stores } of this.subtopologies) {
      const names = [
        ...sources.map(({ topic }) => resolveTopic(topic, applicationId)),
        ...stores.map(({ name }) => changelogTopic(name, applicationId)),
      ];
      const illegal = names.find((name) => !isLegalTopicName(name));
      if (illegal !== undefined) {
        throw new TopologyError(
          `'${illegal}' is no legal topic name; use a-z A-Z 0-9 . _ - in application id and names`,
        );
      }
    }
  }
}

function cut(plan: LogicalPlan): Subtopology[] {
  const groups = new Map<number, PlanNode[]>();
  const rootOf = connectedRoots(plan);
  for (const node of plan.nodes) {
    const root = rootOf(node.id);
    const group = groups.get(root);
    if (group) group.push(node);
    else groups.set(root, [node]);
  }
  return [...groups.values()].map((nodes, id) => subtopologyOf(plan, nodes, id));
}

function subtopologyOf(plan: LogicalPlan, nodes: readonly PlanNode[], id: number): Subtopology {
  const ids = new Set(nodes.map((node) => node.id));
  const operators = nodes.filter((node) => node.kind === 'operator');
  const storeNames = new Set(operators.flatMap((node) => node.stores));
  return Object.freeze({
    id,
    sources: nodes.filter((node) => node.kind === 'source'),
    operators,
    sinks: nodes.filter((node) => node.kind === 'sink'),
    edges: plan.edges.filter((edge) => ids.has(edge.from)),
    stores: [...storeNames].map((name) => {
      const spec = plan.stores.get(name);
      if (!spec) throw new TopologyError(`store '${name}' is used but never declared`);
      return spec;
    }),
  });
}

/** Union-find over edges and shared stores; a root is the lowest id of its group. */
function connectedRoots(plan: LogicalPlan): (id: number) => number {
  const parents = plan.nodes.map((node) => node.id);
  const find = (id: number): number => {
    let root = id;
    while (parents[root] !== root) root = parents[root] ?? root;
    parents[id] = root;
    return root;
  };
  const union = (left: number, right: number): void => {
    const [a, b] = [find(left), find(right)];
    parents[Math.max(a, b)] = Math.min(a, b);
  };
  for (const { from, to } of plan.edges) union(from, to);
  const owners = new Map<string, number>();
  for (const node of plan.nodes) {
    if (node.kind !== 'operator') continue;
    for (const store of node.stores) {
      const owner = owners.get(store);
      if (owner === undefined) owners.set(store, node.id);
      else union(owner, node.id);
    }
  }
  return find;
}
