// Which operations a client may do, as the bit fields of Metadata, DescribeGroups and DescribeCluster: all, without an authorizer.
// Bit i is AclOperation i. Source: KIP-430; Kafka's AclEntry.supportedOperations.

const read = 3;
const write = 4;
const create = 5;
const remove = 6;
const alter = 7;
const describe = 8;
const clusterAction = 9;
const describeConfigs = 10;
const alterConfigs = 11;
const idempotentWrite = 12;

function bits(...operations: number[]): number {
  return operations.reduce((field, operation) => field | (1 << operation), 0);
}

/** What is answered when nobody asked. */
export const operationsNotAsked = -2147483648;
export const clusterOperations = bits(
  create,
  clusterAction,
  describeConfigs,
  alterConfigs,
  idempotentWrite,
  alter,
  describe,
);
export const topicOperations = bits(
  read,
  write,
  create,
  describe,
  remove,
  alter,
  describeConfigs,
  alterConfigs,
);
export const groupOperations = bits(read, describe, remove, describeConfigs, alterConfigs);
