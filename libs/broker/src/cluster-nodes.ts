// The brokers of this process and what each of them is responsible for. Protects: one answer to "who leads, who coordinates" for
// Metadata, FindCoordinator and the refusals of everybody else. Virtual brokers share logs, metadata and coordinators; they differ
// in id, port and what they answer for. Leaves out: brokers of other processes, racks. Source: wire protocol notes §5 and §18.

import { internalTopics, type BrokerId } from '@drave/contracts';
import type { BrokerContext } from './broker-context.js';

/** The same broker seen from another of its nodes. */
export function contextOfNode(context: BrokerContext, nodeId: BrokerId): BrokerContext {
  if (context.nodeId === nodeId) return context;
  return Object.create(context, { nodeId: { value: nodeId, enumerable: true } }) as BrokerContext;
}

/** Who keeps the group; undefined with several brokers while `__consumer_offsets` does not exist. */
export function coordinatorOf(groupId: string, broker: BrokerContext): BrokerId | undefined {
  if (broker.nodes.length === 1) return broker.nodeId;
  const { replicas, coordinator } = broker;
  const partition = coordinator.partitionFor(groupId);
  return replicas.partition(internalTopics.consumerOffsets, partition)?.leader;
}

/** Whether the node asked keeps the group; the empty id is everybody's to refuse. */
export function coordinates(groupId: string, broker: BrokerContext): boolean {
  return groupId === '' || coordinatorOf(groupId, broker) === broker.nodeId;
}
