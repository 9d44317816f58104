// A broker that keeps nothing, for benchmarks: one topic of one partition, every produce acknowledged at once without a look at it.
// What a client reaches against it is the client's own ceiling. Prints `HOST:PORT` and runs until SIGTERM.
// Speaks ApiVersions, Metadata and Produce only.

import { nodePlatform } from '@drave/platform';
import {
  ApiKey,
  decodeRequestBody,
  decodeRequestHeader,
  encodeResponse,
  FrameReader,
  supportedVersions,
} from '@drave/protocol';

const platform = nodePlatform();
const topicId = '00000000-0000-4000-8000-000000000001';
const spoken = [ApiKey.produce, ApiKey.metadata, ApiKey.apiVersions];

const listener = await platform.network.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
  const frames = new FrameReader({ maxFrameBytes: 100 * 1024 * 1024 });
  socket.onData((chunk) => {
    for (const frame of frames.push(chunk)) {
      const response = answer(frame);
      if (response) socket.write(response);
    }
  });
});
console.log(`${listener.address.host}:${listener.address.port}`);
process.once('SIGTERM', () => process.exit(0));

function answer(frame: Buffer): Buffer[] | undefined {
  const { header, bodyStart } = decodeRequestHeader(frame);
  const { apiKey, apiVersion, correlationId } = header;
  if (apiKey === ApiKey.apiVersions) {
    const apiKeys = spoken.map((key) => {
      const { min, max } = supportedVersions(key) ?? { min: 0, max: 0 };
      return { apiKey: key, minVersion: min, maxVersion: max };
    });
    return encodeResponse(ApiKey.apiVersions, apiVersion, correlationId, { errorCode: 0, apiKeys });
  }
  if (apiKey === ApiKey.metadata) {
    const { host, port } = listener.address;
    const partition = {
      errorCode: 0,
      partitionIndex: 0,
      leaderId: 1,
      replicaNodes: [1],
      isrNodes: [1],
    };
    const request = decodeRequestBody(ApiKey.metadata, apiVersion, frame, bodyStart);
    const names = request.topics?.map(({ name }) => name) ?? ['bench'];
    return encodeResponse(ApiKey.metadata, apiVersion, correlationId, {
      brokers: [{ nodeId: 1, host, port }],
      clusterId: 'null',
      controllerId: 1,
      topics: names.map((name) => ({
        errorCode: 0,
        name,
        topicId,
        isInternal: false,
        partitions: [partition],
      })),
    });
  }
  const { acks, topicData } = decodeRequestBody(ApiKey.produce, apiVersion, frame, bodyStart);
  if (acks === 0) return undefined;
  return encodeResponse(ApiKey.produce, apiVersion, correlationId, {
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({
        index,
        errorCode: 0,
        baseOffset: 0,
      })),
    })),
  });
}
