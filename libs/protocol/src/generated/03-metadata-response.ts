// MetadataResponse (key 3), versions 0 to 12. Written by `npm run gen` from
// libs/protocol/src/messages/03-metadata.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer, notNull } from '../writer.js';

export interface MetadataResponse {
  /** Versions 3+. */
  readonly throttleTimeMs: number;
  readonly brokers: MetadataResponseBroker[];
  /** Versions 2+. */
  readonly clusterId: string | null;
  /** Versions 1+; default -1. */
  readonly controllerId: number;
  readonly topics: MetadataResponseTopic[];
  /** Versions 8 to 10; default -2147483648. */
  readonly clusterAuthorizedOperations: number;
}

export interface MetadataResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly brokers: readonly MetadataResponseBrokerInput[];
  readonly clusterId?: string | null | undefined;
  readonly controllerId?: number | undefined;
  readonly topics: readonly MetadataResponseTopicInput[];
  readonly clusterAuthorizedOperations?: number | undefined;
}

export interface MetadataResponseTopic {
  readonly errorCode: number;
  /** null in 12. */
  readonly name: string | null;
  /** Versions 10+. */
  readonly topicId: string;
  /** Versions 1+; default false. */
  readonly isInternal: boolean;
  readonly partitions: MetadataResponseTopicPartition[];
  /** Versions 8+; default -2147483648. */
  readonly topicAuthorizedOperations: number;
}

export interface MetadataResponseTopicInput {
  readonly errorCode: number;
  readonly name: string | null;
  readonly topicId?: string | undefined;
  readonly isInternal?: boolean | undefined;
  readonly partitions: readonly MetadataResponseTopicPartitionInput[];
  readonly topicAuthorizedOperations?: number | undefined;
}

export interface MetadataResponseTopicPartition {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  /** Versions 7+; default -1. */
  readonly leaderEpoch: number;
  readonly replicaNodes: number[];
  readonly isrNodes: number[];
  /** Versions 5+. */
  readonly offlineReplicas: number[];
}

export interface MetadataResponseTopicPartitionInput {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch?: number | undefined;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas?: readonly number[] | undefined;
}

export interface MetadataResponseBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  /** Versions 1+. */
  readonly rack: string | null;
}

export interface MetadataResponseBrokerInput {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}

function decodeMetadataResponseBrokerClassic(
  reader: Reader,
  apiVersion: number,
): MetadataResponseBroker {
  const nodeId = reader.int32();
  const host = reader.string();
  const port = reader.int32();
  const rack = apiVersion >= 1 ? reader.nullableString() : null;
  return { nodeId, host, port, rack };
}

function decodeMetadataResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): MetadataResponseTopicPartition {
  const errorCode = reader.int16();
  const partitionIndex = reader.int32();
  const leaderId = reader.int32();
  const leaderEpoch = apiVersion >= 7 ? reader.int32() : -1;
  const replicaNodesLength = reader.arrayLength(4);
  const replicaNodes = newArray<number>(replicaNodesLength);
  for (let i = 0; i < replicaNodesLength; i++) replicaNodes[i] = reader.int32();
  const isrNodesLength = reader.arrayLength(4);
  const isrNodes = newArray<number>(isrNodesLength);
  for (let i = 0; i < isrNodesLength; i++) isrNodes[i] = reader.int32();
  let offlineReplicas: number[] = [];
  if (apiVersion >= 5) {
    const offlineReplicasLength = reader.arrayLength(4);
    offlineReplicas = newArray<number>(offlineReplicasLength);
    for (let i = 0; i < offlineReplicasLength; i++) offlineReplicas[i] = reader.int32();
  }
  return {
    errorCode,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas,
  };
}

function decodeMetadataResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): MetadataResponseTopic {
  const errorCode = reader.int16();
  const name = reader.string();
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const isInternal = apiVersion >= 1 ? reader.bool() : false;
  const partitionsLength = reader.arrayLength(18);
  const partitions = newArray<MetadataResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeMetadataResponseTopicPartitionClassic(reader, apiVersion);
  const topicAuthorizedOperations = apiVersion >= 8 ? reader.int32() : -2147483648;
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
}

function decodeMetadataResponseClassic(reader: Reader, apiVersion: number): MetadataResponse {
  const throttleTimeMs = apiVersion >= 3 ? reader.int32() : 0;
  const brokersLength = reader.arrayLength(10);
  const brokers = newArray<MetadataResponseBroker>(brokersLength);
  for (let i = 0; i < brokersLength; i++)
    brokers[i] = decodeMetadataResponseBrokerClassic(reader, apiVersion);
  const clusterId = apiVersion >= 2 ? reader.nullableString() : null;
  const controllerId = apiVersion >= 1 ? reader.int32() : -1;
  const topicsLength = reader.arrayLength(8);
  const topics = newArray<MetadataResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeMetadataResponseTopicClassic(reader, apiVersion);
  const clusterAuthorizedOperations = apiVersion >= 8 ? reader.int32() : -2147483648;
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations };
}

function encodeMetadataResponseBrokerClassic(
  writer: Writer,
  value: MetadataResponseBrokerInput,
  apiVersion: number,
): void {
  writer.int32(value.nodeId);
  writer.string(value.host);
  writer.int32(value.port);
  if (apiVersion >= 1) {
    writer.nullableString(value.rack ?? null);
  }
}

function encodeMetadataResponseTopicPartitionClassic(
  writer: Writer,
  value: MetadataResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.int32(value.partitionIndex);
  writer.int32(value.leaderId);
  if (apiVersion >= 7) {
    writer.int32(value.leaderEpoch ?? -1);
  }
  const replicaNodes = value.replicaNodes;
  writer.arrayLength(replicaNodes.length);
  for (const element of replicaNodes) writer.int32(element);
  const isrNodes = value.isrNodes;
  writer.arrayLength(isrNodes.length);
  for (const element of isrNodes) writer.int32(element);
  if (apiVersion >= 5) {
    const offlineReplicas = value.offlineReplicas ?? [];
    writer.arrayLength(offlineReplicas.length);
    for (const element of offlineReplicas) writer.int32(element);
  }
}

function encodeMetadataResponseTopicClassic(
  writer: Writer,
  value: MetadataResponseTopicInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.string(notNull(value.name, 'MetadataResponseTopic.name', apiVersion));
  if (apiVersion >= 1) {
    writer.bool(value.isInternal ?? false);
  }
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeMetadataResponseTopicPartitionClassic(writer, element, apiVersion);
  if (apiVersion >= 8) {
    writer.int32(value.topicAuthorizedOperations ?? -2147483648);
  }
}

function encodeMetadataResponseClassic(
  writer: Writer,
  value: MetadataResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 3) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  const brokers = value.brokers;
  writer.arrayLength(brokers.length);
  for (const element of brokers) encodeMetadataResponseBrokerClassic(writer, element, apiVersion);
  if (apiVersion >= 2) {
    writer.nullableString(value.clusterId ?? null);
  }
  if (apiVersion >= 1) {
    writer.int32(value.controllerId ?? -1);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeMetadataResponseTopicClassic(writer, element, apiVersion);
  if (apiVersion >= 8) {
    writer.int32(value.clusterAuthorizedOperations ?? -2147483648);
  }
}

function decodeMetadataResponseBrokerFlexible(
  reader: Reader,
  apiVersion: number,
): MetadataResponseBroker {
  const nodeId = reader.int32();
  const host = reader.compactString();
  const port = reader.int32();
  const rack = reader.compactNullableString();
  reader.skipTags();
  return { nodeId, host, port, rack };
}

function decodeMetadataResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): MetadataResponseTopicPartition {
  const errorCode = reader.int16();
  const partitionIndex = reader.int32();
  const leaderId = reader.int32();
  const leaderEpoch = reader.int32();
  const replicaNodesLength = reader.compactArrayLength(4);
  const replicaNodes = newArray<number>(replicaNodesLength);
  for (let i = 0; i < replicaNodesLength; i++) replicaNodes[i] = reader.int32();
  const isrNodesLength = reader.compactArrayLength(4);
  const isrNodes = newArray<number>(isrNodesLength);
  for (let i = 0; i < isrNodesLength; i++) isrNodes[i] = reader.int32();
  const offlineReplicasLength = reader.compactArrayLength(4);
  const offlineReplicas = newArray<number>(offlineReplicasLength);
  for (let i = 0; i < offlineReplicasLength; i++) offlineReplicas[i] = reader.int32();
  reader.skipTags();
  return {
    errorCode,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas,
  };
}

function decodeMetadataResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): MetadataResponseTopic {
  const errorCode = reader.int16();
  const name = apiVersion >= 12 ? reader.compactNullableString() : reader.compactString();
  const topicId = apiVersion >= 10 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const isInternal = reader.bool();
  const partitionsLength = reader.compactArrayLength(18);
  const partitions = newArray<MetadataResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeMetadataResponseTopicPartitionFlexible(reader, apiVersion);
  const topicAuthorizedOperations = reader.int32();
  reader.skipTags();
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
}

function decodeMetadataResponseFlexible(reader: Reader, apiVersion: number): MetadataResponse {
  const throttleTimeMs = reader.int32();
  const brokersLength = reader.compactArrayLength(11);
  const brokers = newArray<MetadataResponseBroker>(brokersLength);
  for (let i = 0; i < brokersLength; i++)
    brokers[i] = decodeMetadataResponseBrokerFlexible(reader, apiVersion);
  const clusterId = reader.compactNullableString();
  const controllerId = reader.int32();
  const topicsLength = reader.compactArrayLength(10);
  const topics = newArray<MetadataResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeMetadataResponseTopicFlexible(reader, apiVersion);
  const clusterAuthorizedOperations = apiVersion <= 10 ? reader.int32() : -2147483648;
  reader.skipTags();
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations };
}

function encodeMetadataResponseBrokerFlexible(
  writer: Writer,
  value: MetadataResponseBrokerInput,
  apiVersion: number,
): void {
  writer.int32(value.nodeId);
  writer.compactString(value.host);
  writer.int32(value.port);
  writer.compactNullableString(value.rack ?? null);
  writer.uvarint(0);
}

function encodeMetadataResponseTopicPartitionFlexible(
  writer: Writer,
  value: MetadataResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.int32(value.partitionIndex);
  writer.int32(value.leaderId);
  writer.int32(value.leaderEpoch ?? -1);
  const replicaNodes = value.replicaNodes;
  writer.compactArrayLength(replicaNodes.length);
  for (const element of replicaNodes) writer.int32(element);
  const isrNodes = value.isrNodes;
  writer.compactArrayLength(isrNodes.length);
  for (const element of isrNodes) writer.int32(element);
  const offlineReplicas = value.offlineReplicas ?? [];
  writer.compactArrayLength(offlineReplicas.length);
  for (const element of offlineReplicas) writer.int32(element);
  writer.uvarint(0);
}

function encodeMetadataResponseTopicFlexible(
  writer: Writer,
  value: MetadataResponseTopicInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  if (apiVersion >= 12) {
    writer.compactNullableString(value.name);
  } else {
    writer.compactString(notNull(value.name, 'MetadataResponseTopic.name', apiVersion));
  }
  if (apiVersion >= 10) {
    writer.uuid(value.topicId ?? '00000000-0000-0000-0000-000000000000');
  }
  writer.bool(value.isInternal ?? false);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeMetadataResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.int32(value.topicAuthorizedOperations ?? -2147483648);
  writer.uvarint(0);
}

function encodeMetadataResponseFlexible(
  writer: Writer,
  value: MetadataResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const brokers = value.brokers;
  writer.compactArrayLength(brokers.length);
  for (const element of brokers) encodeMetadataResponseBrokerFlexible(writer, element, apiVersion);
  writer.compactNullableString(value.clusterId ?? null);
  writer.int32(value.controllerId ?? -1);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics) encodeMetadataResponseTopicFlexible(writer, element, apiVersion);
  if (apiVersion <= 10) {
    writer.int32(value.clusterAuthorizedOperations ?? -2147483648);
  }
  writer.uvarint(0);
}

export const metadataResponseCodec: MessageCodec<MetadataResponse, MetadataResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 9
      ? decodeMetadataResponseFlexible(reader, apiVersion)
      : decodeMetadataResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 9
      ? encodeMetadataResponseFlexible(writer, value, apiVersion)
      : encodeMetadataResponseClassic(writer, value, apiVersion),
};
