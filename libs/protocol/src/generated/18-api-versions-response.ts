// ApiVersionsResponse (key 18), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/18-api-versions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ApiVersionsResponse {
  readonly errorCode: number;
  readonly apiKeys: ApiVersionsResponseApiKey[];
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  /** Versions 3+. */
  readonly supportedFeatures: ApiVersionsResponseSupportedFeature[];
  /** Versions 3+; default -1. */
  readonly finalizedFeaturesEpoch: number;
  /** Versions 3+. */
  readonly finalizedFeatures: ApiVersionsResponseFinalizedFeature[];
  /** Versions 3+; default false. */
  readonly zkMigrationReady: boolean;
}

export interface ApiVersionsResponseInput {
  readonly errorCode: number;
  readonly apiKeys: readonly ApiVersionsResponseApiKeyInput[];
  readonly throttleTimeMs?: number | undefined;
  readonly supportedFeatures?: readonly ApiVersionsResponseSupportedFeatureInput[] | undefined;
  readonly finalizedFeaturesEpoch?: number | undefined;
  readonly finalizedFeatures?: readonly ApiVersionsResponseFinalizedFeatureInput[] | undefined;
  readonly zkMigrationReady?: boolean | undefined;
}

export interface ApiVersionsResponseFinalizedFeature {
  /** Versions 3+. */
  readonly name: string;
  /** Versions 3+. */
  readonly maxVersionLevel: number;
  /** Versions 3+. */
  readonly minVersionLevel: number;
}

export interface ApiVersionsResponseFinalizedFeatureInput {
  readonly name: string;
  readonly maxVersionLevel: number;
  readonly minVersionLevel: number;
}

export interface ApiVersionsResponseSupportedFeature {
  /** Versions 3+. */
  readonly name: string;
  /** Versions 3+. */
  readonly minVersion: number;
  /** Versions 3+. */
  readonly maxVersion: number;
}

export interface ApiVersionsResponseSupportedFeatureInput {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface ApiVersionsResponseApiKey {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface ApiVersionsResponseApiKeyInput {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

function decodeApiVersionsResponseApiKeyClassic(
  reader: Reader,
  apiVersion: number,
): ApiVersionsResponseApiKey {
  const apiKey = reader.int16();
  const minVersion = reader.int16();
  const maxVersion = reader.int16();
  return { apiKey, minVersion, maxVersion };
}

function decodeApiVersionsResponseClassic(reader: Reader, apiVersion: number): ApiVersionsResponse {
  const errorCode = reader.int16();
  const apiKeysLength = reader.arrayLength(6);
  const apiKeys = newArray<ApiVersionsResponseApiKey>(apiKeysLength);
  for (let i = 0; i < apiKeysLength; i++)
    apiKeys[i] = decodeApiVersionsResponseApiKeyClassic(reader, apiVersion);
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  let supportedFeatures: ApiVersionsResponseSupportedFeature[] = [];
  let finalizedFeaturesEpoch: number = -1;
  let finalizedFeatures: ApiVersionsResponseFinalizedFeature[] = [];
  let zkMigrationReady: boolean = false;
  return {
    errorCode,
    apiKeys,
    throttleTimeMs,
    supportedFeatures,
    finalizedFeaturesEpoch,
    finalizedFeatures,
    zkMigrationReady,
  };
}

function encodeApiVersionsResponseApiKeyClassic(
  writer: Writer,
  value: ApiVersionsResponseApiKeyInput,
  apiVersion: number,
): void {
  writer.int16(value.apiKey);
  writer.int16(value.minVersion);
  writer.int16(value.maxVersion);
}

function encodeApiVersionsResponseClassic(
  writer: Writer,
  value: ApiVersionsResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  const apiKeys = value.apiKeys;
  writer.arrayLength(apiKeys.length);
  for (const element of apiKeys)
    encodeApiVersionsResponseApiKeyClassic(writer, element, apiVersion);
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
}

function decodeApiVersionsResponseApiKeyFlexible(
  reader: Reader,
  apiVersion: number,
): ApiVersionsResponseApiKey {
  const apiKey = reader.int16();
  const minVersion = reader.int16();
  const maxVersion = reader.int16();
  reader.skipTags();
  return { apiKey, minVersion, maxVersion };
}

function decodeApiVersionsResponseSupportedFeatureFlexible(
  reader: Reader,
  apiVersion: number,
): ApiVersionsResponseSupportedFeature {
  const name = reader.compactString();
  const minVersion = reader.int16();
  const maxVersion = reader.int16();
  reader.skipTags();
  return { name, minVersion, maxVersion };
}

function decodeApiVersionsResponseFinalizedFeatureFlexible(
  reader: Reader,
  apiVersion: number,
): ApiVersionsResponseFinalizedFeature {
  const name = reader.compactString();
  const maxVersionLevel = reader.int16();
  const minVersionLevel = reader.int16();
  reader.skipTags();
  return { name, maxVersionLevel, minVersionLevel };
}

function decodeApiVersionsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ApiVersionsResponse {
  const errorCode = reader.int16();
  const apiKeysLength = reader.compactArrayLength(7);
  const apiKeys = newArray<ApiVersionsResponseApiKey>(apiKeysLength);
  for (let i = 0; i < apiKeysLength; i++)
    apiKeys[i] = decodeApiVersionsResponseApiKeyFlexible(reader, apiVersion);
  const throttleTimeMs = reader.int32();
  let supportedFeatures: ApiVersionsResponseSupportedFeature[] = [];
  let finalizedFeaturesEpoch: number = -1;
  let finalizedFeatures: ApiVersionsResponseFinalizedFeature[] = [];
  let zkMigrationReady: boolean = false;
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        const supportedFeaturesLength = reader.compactArrayLength(6);
        supportedFeatures = newArray<ApiVersionsResponseSupportedFeature>(supportedFeaturesLength);
        for (let i = 0; i < supportedFeaturesLength; i++)
          supportedFeatures[i] = decodeApiVersionsResponseSupportedFeatureFlexible(
            reader,
            apiVersion,
          );
        break;
      }
      case 1: {
        finalizedFeaturesEpoch = reader.int64();
        break;
      }
      case 2: {
        const finalizedFeaturesLength = reader.compactArrayLength(6);
        finalizedFeatures = newArray<ApiVersionsResponseFinalizedFeature>(finalizedFeaturesLength);
        for (let i = 0; i < finalizedFeaturesLength; i++)
          finalizedFeatures[i] = decodeApiVersionsResponseFinalizedFeatureFlexible(
            reader,
            apiVersion,
          );
        break;
      }
      case 3: {
        zkMigrationReady = reader.bool();
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return {
    errorCode,
    apiKeys,
    throttleTimeMs,
    supportedFeatures,
    finalizedFeaturesEpoch,
    finalizedFeatures,
    zkMigrationReady,
  };
}

function encodeApiVersionsResponseApiKeyFlexible(
  writer: Writer,
  value: ApiVersionsResponseApiKeyInput,
  apiVersion: number,
): void {
  writer.int16(value.apiKey);
  writer.int16(value.minVersion);
  writer.int16(value.maxVersion);
  writer.uvarint(0);
}

function encodeApiVersionsResponseSupportedFeatureFlexible(
  writer: Writer,
  value: ApiVersionsResponseSupportedFeatureInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int16(value.minVersion);
  writer.int16(value.maxVersion);
  writer.uvarint(0);
}

function encodeApiVersionsResponseFinalizedFeatureFlexible(
  writer: Writer,
  value: ApiVersionsResponseFinalizedFeatureInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int16(value.maxVersionLevel);
  writer.int16(value.minVersionLevel);
  writer.uvarint(0);
}

function encodeApiVersionsResponseFlexible(
  writer: Writer,
  value: ApiVersionsResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  const apiKeys = value.apiKeys;
  writer.compactArrayLength(apiKeys.length);
  for (const element of apiKeys)
    encodeApiVersionsResponseApiKeyFlexible(writer, element, apiVersion);
  writer.int32(value.throttleTimeMs ?? 0);
  const supportedFeatures = value.supportedFeatures ?? [];
  const hasSupportedFeatures = supportedFeatures.length > 0;
  const finalizedFeaturesEpoch = value.finalizedFeaturesEpoch ?? -1;
  const hasFinalizedFeaturesEpoch = finalizedFeaturesEpoch !== -1;
  const finalizedFeatures = value.finalizedFeatures ?? [];
  const hasFinalizedFeatures = finalizedFeatures.length > 0;
  const zkMigrationReady = value.zkMigrationReady ?? false;
  const hasZkMigrationReady = zkMigrationReady !== false;
  writer.uvarint(
    (hasSupportedFeatures ? 1 : 0) +
      (hasFinalizedFeaturesEpoch ? 1 : 0) +
      (hasFinalizedFeatures ? 1 : 0) +
      (hasZkMigrationReady ? 1 : 0),
  );
  if (hasSupportedFeatures) {
    const mark = writer.enterTag(0);
    writer.compactArrayLength(supportedFeatures.length);
    for (const element of supportedFeatures)
      encodeApiVersionsResponseSupportedFeatureFlexible(writer, element, apiVersion);
    writer.leaveTag(mark);
  }
  if (hasFinalizedFeaturesEpoch) {
    const mark = writer.enterTag(1);
    writer.int64(finalizedFeaturesEpoch);
    writer.leaveTag(mark);
  }
  if (hasFinalizedFeatures) {
    const mark = writer.enterTag(2);
    writer.compactArrayLength(finalizedFeatures.length);
    for (const element of finalizedFeatures)
      encodeApiVersionsResponseFinalizedFeatureFlexible(writer, element, apiVersion);
    writer.leaveTag(mark);
  }
  if (hasZkMigrationReady) {
    const mark = writer.enterTag(3);
    writer.bool(zkMigrationReady);
    writer.leaveTag(mark);
  }
}

export const apiVersionsResponseCodec: MessageCodec<ApiVersionsResponse, ApiVersionsResponseInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 3
        ? decodeApiVersionsResponseFlexible(reader, apiVersion)
        : decodeApiVersionsResponseClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 3
        ? encodeApiVersionsResponseFlexible(writer, value, apiVersion)
        : encodeApiVersionsResponseClassic(writer, value, apiVersion),
  };
