// ApiVersionsRequest (key 18), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/18-api-versions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ApiVersionsRequest {
  /** Versions 3+. */
  readonly clientSoftwareName: string;
  /** Versions 3+. */
  readonly clientSoftwareVersion: string;
}

export interface ApiVersionsRequestInput {
  readonly clientSoftwareName?: string | undefined;
  readonly clientSoftwareVersion?: string | undefined;
}

function decodeApiVersionsRequestClassic(reader: Reader, apiVersion: number): ApiVersionsRequest {
  const clientSoftwareName: string = '';
  const clientSoftwareVersion: string = '';
  return { clientSoftwareName, clientSoftwareVersion };
}

function encodeApiVersionsRequestClassic(
  writer: Writer,
  value: ApiVersionsRequestInput,
  apiVersion: number,
): void {}

function decodeApiVersionsRequestFlexible(reader: Reader, apiVersion: number): ApiVersionsRequest {
  const clientSoftwareName = reader.compactString();
  const clientSoftwareVersion = reader.compactString();
  reader.skipTags();
  return { clientSoftwareName, clientSoftwareVersion };
}

function encodeApiVersionsRequestFlexible(
  writer: Writer,
  value: ApiVersionsRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.clientSoftwareName ?? '');
  writer.compactString(value.clientSoftwareVersion ?? '');
  writer.uvarint(0);
}

export const apiVersionsRequestCodec: MessageCodec<ApiVersionsRequest, ApiVersionsRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeApiVersionsRequestFlexible(reader, apiVersion)
      : decodeApiVersionsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeApiVersionsRequestFlexible(writer, value, apiVersion)
      : encodeApiVersionsRequestClassic(writer, value, apiVersion),
};
