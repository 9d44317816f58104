// Every API the codecs know, by key. Written by `npm run gen` from libs/protocol/src/messages; do not edit.

import { type ApiCodec, apiCodec } from '../api-codec.js';
import { produceRequestCodec } from './00-produce-request.js';
import { produceResponseCodec } from './00-produce-response.js';
import { fetchRequestCodec } from './01-fetch-request.js';
import { fetchResponseCodec } from './01-fetch-response.js';
import { listOffsetsRequestCodec } from './02-list-offsets-request.js';
import { listOffsetsResponseCodec } from './02-list-offsets-response.js';
import { metadataRequestCodec } from './03-metadata-request.js';
import { metadataResponseCodec } from './03-metadata-response.js';
import { offsetCommitRequestCodec } from './08-offset-commit-request.js';
import { offsetCommitResponseCodec } from './08-offset-commit-response.js';
import { offsetFetchRequestCodec } from './09-offset-fetch-request.js';
import { offsetFetchResponseCodec } from './09-offset-fetch-response.js';
import { findCoordinatorRequestCodec } from './10-find-coordinator-request.js';
import { findCoordinatorResponseCodec } from './10-find-coordinator-response.js';
import { joinGroupRequestCodec } from './11-join-group-request.js';
import { joinGroupResponseCodec } from './11-join-group-response.js';
import { heartbeatRequestCodec } from './12-heartbeat-request.js';
import { heartbeatResponseCodec } from './12-heartbeat-response.js';
import { leaveGroupRequestCodec } from './13-leave-group-request.js';
import { leaveGroupResponseCodec } from './13-leave-group-response.js';
import { syncGroupRequestCodec } from './14-sync-group-request.js';
import { syncGroupResponseCodec } from './14-sync-group-response.js';
import { describeGroupsRequestCodec } from './15-describe-groups-request.js';
import { describeGroupsResponseCodec } from './15-describe-groups-response.js';
import { listGroupsRequestCodec } from './16-list-groups-request.js';
import { listGroupsResponseCodec } from './16-list-groups-response.js';
import { saslHandshakeRequestCodec } from './17-sasl-handshake-request.js';
import { saslHandshakeResponseCodec } from './17-sasl-handshake-response.js';
import { apiVersionsRequestCodec } from './18-api-versions-request.js';
import { apiVersionsResponseCodec } from './18-api-versions-response.js';
import { createTopicsRequestCodec } from './19-create-topics-request.js';
import { createTopicsResponseCodec } from './19-create-topics-response.js';
import { deleteTopicsRequestCodec } from './20-delete-topics-request.js';
import { deleteTopicsResponseCodec } from './20-delete-topics-response.js';
import { deleteRecordsRequestCodec } from './21-delete-records-request.js';
import { deleteRecordsResponseCodec } from './21-delete-records-response.js';
import { initProducerIdRequestCodec } from './22-init-producer-id-request.js';
import { initProducerIdResponseCodec } from './22-init-producer-id-response.js';
import { offsetForLeaderEpochRequestCodec } from './23-offset-for-leader-epoch-request.js';
import { offsetForLeaderEpochResponseCodec } from './23-offset-for-leader-epoch-response.js';
import { addPartitionsToTxnRequestCodec } from './24-add-partitions-to-txn-request.js';
import { addPartitionsToTxnResponseCodec } from './24-add-partitions-to-txn-response.js';
import { addOffsetsToTxnRequestCodec } from './25-add-offsets-to-txn-request.js';
import { addOffsetsToTxnResponseCodec } from './25-add-offsets-to-txn-response.js';
import { endTxnRequestCodec } from './26-end-txn-request.js';
import { endTxnResponseCodec } from './26-end-txn-response.js';
import { txnOffsetCommitRequestCodec } from './28-txn-offset-commit-request.js';
import { txnOffsetCommitResponseCodec } from './28-txn-offset-commit-response.js';
import { describeAclsRequestCodec } from './29-describe-acls-request.js';
import { describeAclsResponseCodec } from './29-describe-acls-response.js';
import { createAclsRequestCodec } from './30-create-acls-request.js';
import { createAclsResponseCodec } from './30-create-acls-response.js';
import { deleteAclsRequestCodec } from './31-delete-acls-request.js';
import { deleteAclsResponseCodec } from './31-delete-acls-response.js';
import { describeConfigsRequestCodec } from './32-describe-configs-request.js';
import { describeConfigsResponseCodec } from './32-describe-configs-response.js';
import { alterConfigsRequestCodec } from './33-alter-configs-request.js';
import { alterConfigsResponseCodec } from './33-alter-configs-response.js';
import { describeLogDirsRequestCodec } from './35-describe-log-dirs-request.js';
import { describeLogDirsResponseCodec } from './35-describe-log-dirs-response.js';
import { saslAuthenticateRequestCodec } from './36-sasl-authenticate-request.js';
import { saslAuthenticateResponseCodec } from './36-sasl-authenticate-response.js';
import { createPartitionsRequestCodec } from './37-create-partitions-request.js';
import { createPartitionsResponseCodec } from './37-create-partitions-response.js';
import { deleteGroupsRequestCodec } from './42-delete-groups-request.js';
import { deleteGroupsResponseCodec } from './42-delete-groups-response.js';
import { electLeadersRequestCodec } from './43-elect-leaders-request.js';
import { electLeadersResponseCodec } from './43-elect-leaders-response.js';
import { incrementalAlterConfigsRequestCodec } from './44-incremental-alter-configs-request.js';
import { incrementalAlterConfigsResponseCodec } from './44-incremental-alter-configs-response.js';
import { alterPartitionReassignmentsRequestCodec } from './45-alter-partition-reassignments-request.js';
import { alterPartitionReassignmentsResponseCodec } from './45-alter-partition-reassignments-response.js';
import { listPartitionReassignmentsRequestCodec } from './46-list-partition-reassignments-request.js';
import { listPartitionReassignmentsResponseCodec } from './46-list-partition-reassignments-response.js';
import { offsetDeleteRequestCodec } from './47-offset-delete-request.js';
import { offsetDeleteResponseCodec } from './47-offset-delete-response.js';
import { describeClientQuotasRequestCodec } from './48-describe-client-quotas-request.js';
import { describeClientQuotasResponseCodec } from './48-describe-client-quotas-response.js';
import { alterClientQuotasRequestCodec } from './49-alter-client-quotas-request.js';
import { alterClientQuotasResponseCodec } from './49-alter-client-quotas-response.js';
import { describeUserScramCredentialsRequestCodec } from './50-describe-user-scram-credentials-request.js';
import { describeUserScramCredentialsResponseCodec } from './50-describe-user-scram-credentials-response.js';
import { alterUserScramCredentialsRequestCodec } from './51-alter-user-scram-credentials-request.js';
import { alterUserScramCredentialsResponseCodec } from './51-alter-user-scram-credentials-response.js';
import { describeClusterRequestCodec } from './60-describe-cluster-request.js';
import { describeClusterResponseCodec } from './60-describe-cluster-response.js';
import { describeProducersRequestCodec } from './61-describe-producers-request.js';
import { describeProducersResponseCodec } from './61-describe-producers-response.js';
import { describeTransactionsRequestCodec } from './65-describe-transactions-request.js';
import { describeTransactionsResponseCodec } from './65-describe-transactions-response.js';
import { listTransactionsRequestCodec } from './66-list-transactions-request.js';
import { listTransactionsResponseCodec } from './66-list-transactions-response.js';
import { consumerGroupHeartbeatRequestCodec } from './68-consumer-group-heartbeat-request.js';
import { consumerGroupHeartbeatResponseCodec } from './68-consumer-group-heartbeat-response.js';
import { consumerGroupDescribeRequestCodec } from './69-consumer-group-describe-request.js';
import { consumerGroupDescribeResponseCodec } from './69-consumer-group-describe-response.js';
import type { RequestInputMap, RequestMap, ResponseInputMap, ResponseMap } from './message-maps.js';

export type * from './00-produce-request.js';
export type * from './00-produce-response.js';
export type * from './01-fetch-request.js';
export type * from './01-fetch-response.js';
export type * from './02-list-offsets-request.js';
export type * from './02-list-offsets-response.js';
export type * from './03-metadata-request.js';
export type * from './03-metadata-response.js';
export type * from './08-offset-commit-request.js';
export type * from './08-offset-commit-response.js';
export type * from './09-offset-fetch-request.js';
export type * from './09-offset-fetch-response.js';
export type * from './10-find-coordinator-request.js';
export type * from './10-find-coordinator-response.js';
export type * from './11-join-group-request.js';
export type * from './11-join-group-response.js';
export type * from './12-heartbeat-request.js';
export type * from './12-heartbeat-response.js';
export type * from './13-leave-group-request.js';
export type * from './13-leave-group-response.js';
export type * from './14-sync-group-request.js';
export type * from './14-sync-group-response.js';
export type * from './15-describe-groups-request.js';
export type * from './15-describe-groups-response.js';
export type * from './16-list-groups-request.js';
export type * from './16-list-groups-response.js';
export type * from './17-sasl-handshake-request.js';
export type * from './17-sasl-handshake-response.js';
export type * from './18-api-versions-request.js';
export type * from './18-api-versions-response.js';
export type * from './19-create-topics-request.js';
export type * from './19-create-topics-response.js';
export type * from './20-delete-topics-request.js';
export type * from './20-delete-topics-response.js';
export type * from './21-delete-records-request.js';
export type * from './21-delete-records-response.js';
export type * from './22-init-producer-id-request.js';
export type * from './22-init-producer-id-response.js';
export type * from './23-offset-for-leader-epoch-request.js';
export type * from './23-offset-for-leader-epoch-response.js';
export type * from './24-add-partitions-to-txn-request.js';
export type * from './24-add-partitions-to-txn-response.js';
export type * from './25-add-offsets-to-txn-request.js';
export type * from './25-add-offsets-to-txn-response.js';
export type * from './26-end-txn-request.js';
export type * from './26-end-txn-response.js';
export type * from './28-txn-offset-commit-request.js';
export type * from './28-txn-offset-commit-response.js';
export type * from './29-describe-acls-request.js';
export type * from './29-describe-acls-response.js';
export type * from './30-create-acls-request.js';
export type * from './30-create-acls-response.js';
export type * from './31-delete-acls-request.js';
export type * from './31-delete-acls-response.js';
export type * from './32-describe-configs-request.js';
export type * from './32-describe-configs-response.js';
export type * from './33-alter-configs-request.js';
export type * from './33-alter-configs-response.js';
export type * from './35-describe-log-dirs-request.js';
export type * from './35-describe-log-dirs-response.js';
export type * from './36-sasl-authenticate-request.js';
export type * from './36-sasl-authenticate-response.js';
export type * from './37-create-partitions-request.js';
export type * from './37-create-partitions-response.js';
export type * from './42-delete-groups-request.js';
export type * from './42-delete-groups-response.js';
export type * from './43-elect-leaders-request.js';
export type * from './43-elect-leaders-response.js';
export type * from './44-incremental-alter-configs-request.js';
export type * from './44-incremental-alter-configs-response.js';
export type * from './45-alter-partition-reassignments-request.js';
export type * from './45-alter-partition-reassignments-response.js';
export type * from './46-list-partition-reassignments-request.js';
export type * from './46-list-partition-reassignments-response.js';
export type * from './47-offset-delete-request.js';
export type * from './47-offset-delete-response.js';
export type * from './48-describe-client-quotas-request.js';
export type * from './48-describe-client-quotas-response.js';
export type * from './49-alter-client-quotas-request.js';
export type * from './49-alter-client-quotas-response.js';
export type * from './50-describe-user-scram-credentials-request.js';
export type * from './50-describe-user-scram-credentials-response.js';
export type * from './51-alter-user-scram-credentials-request.js';
export type * from './51-alter-user-scram-credentials-response.js';
export type * from './60-describe-cluster-request.js';
export type * from './60-describe-cluster-response.js';
export type * from './61-describe-producers-request.js';
export type * from './61-describe-producers-response.js';
export type * from './65-describe-transactions-request.js';
export type * from './65-describe-transactions-response.js';
export type * from './66-list-transactions-request.js';
export type * from './66-list-transactions-response.js';
export type * from './68-consumer-group-heartbeat-request.js';
export type * from './68-consumer-group-heartbeat-response.js';
export type * from './69-consumer-group-describe-request.js';
export type * from './69-consumer-group-describe-response.js';

/** API keys by name. */
export const ApiKey = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  leaveGroup: 13,
  syncGroup: 14,
  describeGroups: 15,
  listGroups: 16,
  saslHandshake: 17,
  apiVersions: 18,
  createTopics: 19,
  deleteTopics: 20,
  deleteRecords: 21,
  initProducerId: 22,
  offsetForLeaderEpoch: 23,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
  describeAcls: 29,
  createAcls: 30,
  deleteAcls: 31,
  describeConfigs: 32,
  alterConfigs: 33,
  describeLogDirs: 35,
  saslAuthenticate: 36,
  createPartitions: 37,
  deleteGroups: 42,
  electLeaders: 43,
  incrementalAlterConfigs: 44,
  alterPartitionReassignments: 45,
  listPartitionReassignments: 46,
  offsetDelete: 47,
  describeClientQuotas: 48,
  alterClientQuotas: 49,
  describeUserScramCredentials: 50,
  alterUserScramCredentials: 51,
  describeCluster: 60,
  describeProducers: 61,
  describeTransactions: 65,
  listTransactions: 66,
  consumerGroupHeartbeat: 68,
  consumerGroupDescribe: 69,
} as const;

export type ApiCodecMap = {
  readonly [K in keyof RequestMap]: ApiCodec<
    RequestMap[K],
    RequestInputMap[K],
    ResponseMap[K],
    ResponseInputMap[K]
  >;
};

export const apiCodecs: ApiCodecMap = {
  0: apiCodec('produce', [3, 11, 9], produceRequestCodec, produceResponseCodec),
  1: apiCodec('fetch', [4, 17, 12], fetchRequestCodec, fetchResponseCodec),
  2: apiCodec('listOffsets', [1, 7, 6], listOffsetsRequestCodec, listOffsetsResponseCodec),
  3: apiCodec('metadata', [0, 12, 9], metadataRequestCodec, metadataResponseCodec),
  8: apiCodec('offsetCommit', [2, 9, 8], offsetCommitRequestCodec, offsetCommitResponseCodec),
  9: apiCodec('offsetFetch', [1, 9, 6], offsetFetchRequestCodec, offsetFetchResponseCodec),
  10: apiCodec(
    'findCoordinator',
    [0, 4, 3],
    findCoordinatorRequestCodec,
    findCoordinatorResponseCodec,
  ),
  11: apiCodec('joinGroup', [0, 9, 6], joinGroupRequestCodec, joinGroupResponseCodec),
  12: apiCodec('heartbeat', [0, 4, 4], heartbeatRequestCodec, heartbeatResponseCodec),
  13: apiCodec('leaveGroup', [0, 5, 4], leaveGroupRequestCodec, leaveGroupResponseCodec),
  14: apiCodec('syncGroup', [0, 5, 4], syncGroupRequestCodec, syncGroupResponseCodec),
  15: apiCodec(
    'describeGroups',
    [0, 5, 5],
    describeGroupsRequestCodec,
    describeGroupsResponseCodec,
  ),
  16: apiCodec('listGroups', [0, 5, 3], listGroupsRequestCodec, listGroupsResponseCodec),
  17: apiCodec(
    'saslHandshake',
    [0, 1, Infinity],
    saslHandshakeRequestCodec,
    saslHandshakeResponseCodec,
  ),
  18: apiCodec('apiVersions', [0, 4, 3], apiVersionsRequestCodec, apiVersionsResponseCodec),
  19: apiCodec('createTopics', [2, 7, 5], createTopicsRequestCodec, createTopicsResponseCodec),
  20: apiCodec('deleteTopics', [1, 6, 4], deleteTopicsRequestCodec, deleteTopicsResponseCodec),
  21: apiCodec('deleteRecords', [0, 2, 2], deleteRecordsRequestCodec, deleteRecordsResponseCodec),
  22: apiCodec(
    'initProducerId',
    [0, 5, 2],
    initProducerIdRequestCodec,
    initProducerIdResponseCodec,
  ),
  23: apiCodec(
    'offsetForLeaderEpoch',
    [2, 4, 4],
    offsetForLeaderEpochRequestCodec,
    offsetForLeaderEpochResponseCodec,
  ),
  24: apiCodec(
    'addPartitionsToTxn',
    [0, 3, 3],
    addPartitionsToTxnRequestCodec,
    addPartitionsToTxnResponseCodec,
  ),
  25: apiCodec(
    'addOffsetsToTxn',
    [0, 4, 3],
    addOffsetsToTxnRequestCodec,
    addOffsetsToTxnResponseCodec,
  ),
  26: apiCodec('endTxn', [0, 4, 3], endTxnRequestCodec, endTxnResponseCodec),
  28: apiCodec(
    'txnOffsetCommit',
    [0, 4, 3],
    txnOffsetCommitRequestCodec,
    txnOffsetCommitResponseCodec,
  ),
  29: apiCodec('describeAcls', [1, 3, 2], describeAclsRequestCodec, describeAclsResponseCodec),
  30: apiCodec('createAcls', [1, 3, 2], createAclsRequestCodec, createAclsResponseCodec),
  31: apiCodec('deleteAcls', [1, 3, 2], deleteAclsRequestCodec, deleteAclsResponseCodec),
  32: apiCodec(
    'describeConfigs',
    [1, 4, 4],
    describeConfigsRequestCodec,
    describeConfigsResponseCodec,
  ),
  33: apiCodec('alterConfigs', [0, 2, 2], alterConfigsRequestCodec, alterConfigsResponseCodec),
  35: apiCodec(
    'describeLogDirs',
    [1, 4, 2],
    describeLogDirsRequestCodec,
    describeLogDirsResponseCodec,
  ),
  36: apiCodec(
    'saslAuthenticate',
    [0, 2, 2],
    saslAuthenticateRequestCodec,
    saslAuthenticateResponseCodec,
  ),
  37: apiCodec(
    'createPartitions',
    [0, 3, 2],
    createPartitionsRequestCodec,
    createPartitionsResponseCodec,
  ),
  42: apiCodec('deleteGroups', [0, 2, 2], deleteGroupsRequestCodec, deleteGroupsResponseCodec),
  43: apiCodec('electLeaders', [0, 2, 2], electLeadersRequestCodec, electLeadersResponseCodec),
  44: apiCodec(
    'incrementalAlterConfigs',
    [0, 1, 1],
    incrementalAlterConfigsRequestCodec,
    incrementalAlterConfigsResponseCodec,
  ),
  45: apiCodec(
    'alterPartitionReassignments',
    [0, 0, 0],
    alterPartitionReassignmentsRequestCodec,
    alterPartitionReassignmentsResponseCodec,
  ),
  46: apiCodec(
    'listPartitionReassignments',
    [0, 0, 0],
    listPartitionReassignmentsRequestCodec,
    listPartitionReassignmentsResponseCodec,
  ),
  47: apiCodec(
    'offsetDelete',
    [0, 0, Infinity],
    offsetDeleteRequestCodec,
    offsetDeleteResponseCodec,
  ),
  48: apiCodec(
    'describeClientQuotas',
    [0, 1, 1],
    describeClientQuotasRequestCodec,
    describeClientQuotasResponseCodec,
  ),
  49: apiCodec(
    'alterClientQuotas',
    [0, 1, 1],
    alterClientQuotasRequestCodec,
    alterClientQuotasResponseCodec,
  ),
  50: apiCodec(
    'describeUserScramCredentials',
    [0, 0, 0],
    describeUserScramCredentialsRequestCodec,
    describeUserScramCredentialsResponseCodec,
  ),
  51: apiCodec(
    'alterUserScramCredentials',
    [0, 0, 0],
    alterUserScramCredentialsRequestCodec,
    alterUserScramCredentialsResponseCodec,
  ),
  60: apiCodec(
    'describeCluster',
    [0, 2, 0],
    describeClusterRequestCodec,
    describeClusterResponseCodec,
  ),
  61: apiCodec(
    'describeProducers',
    [0, 0, 0],
    describeProducersRequestCodec,
    describeProducersResponseCodec,
  ),
  65: apiCodec(
    'describeTransactions',
    [0, 0, 0],
    describeTransactionsRequestCodec,
    describeTransactionsResponseCodec,
  ),
  66: apiCodec(
    'listTransactions',
    [0, 1, 0],
    listTransactionsRequestCodec,
    listTransactionsResponseCodec,
  ),
  68: apiCodec(
    'consumerGroupHeartbeat',
    [0, 1, 0],
    consumerGroupHeartbeatRequestCodec,
    consumerGroupHeartbeatResponseCodec,
  ),
  69: apiCodec(
    'consumerGroupDescribe',
    [0, 1, 0],
    consumerGroupDescribeRequestCodec,
    consumerGroupDescribeResponseCodec,
  ),
};
