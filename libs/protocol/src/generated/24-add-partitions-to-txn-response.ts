// AddPartitionsToTxnResponse (key 24), versions 0 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/24-add-partitions-to-txn.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AddPartitionsToTxnResponse {
  readonly throttleTimeMs: number;
  readonly resultsByTopicV3AndBelow: AddPartitionsToTxnResponseResultsByTopicV3AndBelow[];
}

export interface AddPartitionsToTxnResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly resultsByTopicV3AndBelow: readonly AddPartitionsToTxnResponseResultsByTopicV3AndBelowInput[];
}

export interface AddPartitionsToTxnResponseResultsByTopicV3AndBelow {
  readonly name: string;
  readonly resultsByPartition: AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition[];
}

export interface AddPartitionsToTxnResponseResultsByTopicV3AndBelowInput {
  readonly name: string;
  readonly resultsByPartition: readonly AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionInput[];
}

export interface AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition {
  readonly partitionIndex: number;
  readonly partitionErrorCode: number;
}

export interface AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionInput {
  readonly partitionIndex: number;
  readonly partitionErrorCode: number;
}

function decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionClassic(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition {
  const partitionIndex = reader.int32();
  const partitionErrorCode = reader.int16();
  return { partitionIndex, partitionErrorCode };
}

function decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowClassic(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnResponseResultsByTopicV3AndBelow {
  const name = reader.string();
  const resultsByPartitionLength = reader.arrayLength(6);
  const resultsByPartition =
    newArray<AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition>(
      resultsByPartitionLength,
    );
  for (let i = 0; i < resultsByPartitionLength; i++)
    resultsByPartition[i] =
      decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionClassic(
        reader,
        apiVersion,
      );
  return { name, resultsByPartition };
}

function decodeAddPartitionsToTxnResponseClassic(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnResponse {
  const throttleTimeMs = reader.int32();
  const resultsByTopicV3AndBelowLength = reader.arrayLength(6);
  const resultsByTopicV3AndBelow = newArray<AddPartitionsToTxnResponseResultsByTopicV3AndBelow>(
    resultsByTopicV3AndBelowLength,
  );
  for (let i = 0; i < resultsByTopicV3AndBelowLength; i++)
    resultsByTopicV3AndBelow[i] = decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowClassic(
      reader,
      apiVersion,
    );
  return { throttleTimeMs, resultsByTopicV3AndBelow };
}

function encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionClassic(
  writer: Writer,
  value: AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.partitionErrorCode);
}

function encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowClassic(
  writer: Writer,
  value: AddPartitionsToTxnResponseResultsByTopicV3AndBelowInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const resultsByPartition = value.resultsByPartition;
  writer.arrayLength(resultsByPartition.length);
  for (const element of resultsByPartition)
    encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionClassic(
      writer,
      element,
      apiVersion,
    );
}

function encodeAddPartitionsToTxnResponseClassic(
  writer: Writer,
  value: AddPartitionsToTxnResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const resultsByTopicV3AndBelow = value.resultsByTopicV3AndBelow;
  writer.arrayLength(resultsByTopicV3AndBelow.length);
  for (const element of resultsByTopicV3AndBelow)
    encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowClassic(writer, element, apiVersion);
}

function decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition {
  const partitionIndex = reader.int32();
  const partitionErrorCode = reader.int16();
  reader.skipTags();
  return { partitionIndex, partitionErrorCode };
}

function decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowFlexible(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnResponseResultsByTopicV3AndBelow {
  const name = reader.compactString();
  const resultsByPartitionLength = reader.compactArrayLength(7);
  const resultsByPartition =
    newArray<AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition>(
      resultsByPartitionLength,
    );
  for (let i = 0; i < resultsByPartitionLength; i++)
    resultsByPartition[i] =
      decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionFlexible(
        reader,
        apiVersion,
      );
  reader.skipTags();
  return { name, resultsByPartition };
}

function decodeAddPartitionsToTxnResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AddPartitionsToTxnResponse {
  const throttleTimeMs = reader.int32();
  const resultsByTopicV3AndBelowLength = reader.compactArrayLength(3);
  const resultsByTopicV3AndBelow = newArray<AddPartitionsToTxnResponseResultsByTopicV3AndBelow>(
    resultsByTopicV3AndBelowLength,
  );
  for (let i = 0; i < resultsByTopicV3AndBelowLength; i++)
    resultsByTopicV3AndBelow[i] = decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { throttleTimeMs, resultsByTopicV3AndBelow };
}

function encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionFlexible(
  writer: Writer,
  value: AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.partitionErrorCode);
  writer.uvarint(0);
}

function encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowFlexible(
  writer: Writer,
  value: AddPartitionsToTxnResponseResultsByTopicV3AndBelowInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const resultsByPartition = value.resultsByPartition;
  writer.compactArrayLength(resultsByPartition.length);
  for (const element of resultsByPartition)
    encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartitionFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeAddPartitionsToTxnResponseFlexible(
  writer: Writer,
  value: AddPartitionsToTxnResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const resultsByTopicV3AndBelow = value.resultsByTopicV3AndBelow;
  writer.compactArrayLength(resultsByTopicV3AndBelow.length);
  for (const element of resultsByTopicV3AndBelow)
    encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const addPartitionsToTxnResponseCodec: MessageCodec<
  AddPartitionsToTxnResponse,
  AddPartitionsToTxnResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeAddPartitionsToTxnResponseFlexible(reader, apiVersion)
      : decodeAddPartitionsToTxnResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeAddPartitionsToTxnResponseFlexible(writer, value, apiVersion)
      : encodeAddPartitionsToTxnResponseClassic(writer, value, apiVersion),
};
