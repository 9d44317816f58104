// AddPartitionsToTxnRequest (key 24), versions 0 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/24-add-partitions-to-txn.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AddPartitionsToTxnRequest {
  readonly v3AndBelowTransactionalId: string;
  readonly v3AndBelowProducerId: number;
  readonly v3AndBelowProducerEpoch: number;
  readonly v3AndBelowTopics: AddPartitionsToTxnRequestV3AndBelowTopic[];
}

export interface AddPartitionsToTxnRequestInput {
  readonly v3AndBelowTransactionalId: string;
  readonly v3AndBelowProducerId: number;
  readonly v3AndBelowProducerEpoch: number;
  readonly v3AndBelowTopics: readonly AddPartitionsToTxnRequestV3AndBelowTopicInput[];
}

export interface AddPartitionsToTxnRequestV3AndBelowTopic {
  readonly name: string;
  readonly partitions: number[];
}

export interface AddPartitionsToTxnRequestV3AndBelowTopicInput {
  readonly name: string;
  readonly partitions: readonly number[];
}

function decodeAddPartitionsToTxnRequestV3AndBelowTopicClassic(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnRequestV3AndBelowTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  return { name, partitions };
}

function decodeAddPartitionsToTxnRequestClassic(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnRequest {
  const v3AndBelowTransactionalId = reader.string();
  const v3AndBelowProducerId = reader.int64();
  const v3AndBelowProducerEpoch = reader.int16();
  const v3AndBelowTopicsLength = reader.arrayLength(6);
  const v3AndBelowTopics =
    newArray<AddPartitionsToTxnRequestV3AndBelowTopic>(v3AndBelowTopicsLength);
  for (let i = 0; i < v3AndBelowTopicsLength; i++)
    v3AndBelowTopics[i] = decodeAddPartitionsToTxnRequestV3AndBelowTopicClassic(reader, apiVersion);
  return {
    v3AndBelowTransactionalId,
    v3AndBelowProducerId,
    v3AndBelowProducerEpoch,
    v3AndBelowTopics,
  };
}

function encodeAddPartitionsToTxnRequestV3AndBelowTopicClassic(
  writer: Writer,
  value: AddPartitionsToTxnRequestV3AndBelowTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
}

function encodeAddPartitionsToTxnRequestClassic(
  writer: Writer,
  value: AddPartitionsToTxnRequestInput,
  apiVersion: number,
): void {
  writer.string(value.v3AndBelowTransactionalId);
  writer.int64(value.v3AndBelowProducerId);
  writer.int16(value.v3AndBelowProducerEpoch);
  const v3AndBelowTopics = value.v3AndBelowTopics;
  writer.arrayLength(v3AndBelowTopics.length);
  for (const element of v3AndBelowTopics)
    encodeAddPartitionsToTxnRequestV3AndBelowTopicClassic(writer, element, apiVersion);
}

function decodeAddPartitionsToTxnRequestV3AndBelowTopicFlexible(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnRequestV3AndBelowTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { name, partitions };
}

function decodeAddPartitionsToTxnRequestFlexible(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnRequest {
  const v3AndBelowTransactionalId = reader.compactString();
  const v3AndBelowProducerId = reader.int64();
  const v3AndBelowProducerEpoch = reader.int16();
  const v3AndBelowTopicsLength = reader.compactArrayLength(3);
  const v3AndBelowTopics =
    newArray<AddPartitionsToTxnRequestV3AndBelowTopic>(v3AndBelowTopicsLength);
  for (let i = 0; i < v3AndBelowTopicsLength; i++)
    v3AndBelowTopics[i] = decodeAddPartitionsToTxnRequestV3AndBelowTopicFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return {
    v3AndBelowTransactionalId,
    v3AndBelowProducerId,
    v3AndBelowProducerEpoch,
    v3AndBelowTopics,
  };
}

function encodeAddPartitionsToTxnRequestV3AndBelowTopicFlexible(
  writer: Writer,
  value: AddPartitionsToTxnRequestV3AndBelowTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeAddPartitionsToTxnRequestFlexible(
  writer: Writer,
  value: AddPartitionsToTxnRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.v3AndBelowTransactionalId);
  writer.int64(value.v3AndBelowProducerId);
  writer.int16(value.v3AndBelowProducerEpoch);
  const v3AndBelowTopics = value.v3AndBelowTopics;
  writer.compactArrayLength(v3AndBelowTopics.length);
  for (const element of v3AndBelowTopics)
    encodeAddPartitionsToTxnRequestV3AndBelowTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const addPartitionsToTxnRequestCodec: MessageCodec<
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeAddPartitionsToTxnRequestFlexible(reader, apiVersion)
      : decodeAddPartitionsToTxnRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeAddPartitionsToTxnRequestFlexible(writer, value, apiVersion)
      : encodeAddPartitionsToTxnRequestClassic(writer, value, apiVersion),
};
