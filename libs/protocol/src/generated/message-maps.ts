// The types of all messages by API key. Written by `npm run gen` from libs/protocol/src/messages; do not edit.

import type { ProduceRequest, ProduceRequestInput } from './00-produce-request.js';
import type { ProduceResponse, ProduceResponseInput } from './00-produce-response.js';
import type { FetchRequest, FetchRequestInput } from './01-fetch-request.js';
import type { FetchResponse, FetchResponseInput } from './01-fetch-response.js';
import type { ListOffsetsRequest, ListOffsetsRequestInput } from './02-list-offsets-request.js';
import type { ListOffsetsResponse, ListOffsetsResponseInput } from './02-list-offsets-response.js';
import type { MetadataRequest, MetadataRequestInput } from './03-metadata-request.js';
import type { MetadataResponse, MetadataResponseInput } from './03-metadata-response.js';
import type { OffsetCommitRequest, OffsetCommitRequestInput } from './08-offset-commit-request.js';
import type {
  OffsetCommitResponse,
  OffsetCommitResponseInput,
} from './08-offset-commit-response.js';
import type { OffsetFetchRequest, OffsetFetchRequestInput } from './09-offset-fetch-request.js';
import type { OffsetFetchResponse, OffsetFetchResponseInput } from './09-offset-fetch-response.js';
import type {
  FindCoordinatorRequest,
  FindCoordinatorRequestInput,
} from './10-find-coordinator-request.js';
import type {
  FindCoordinatorResponse,
  FindCoordinatorResponseInput,
} from './10-find-coordinator-response.js';
import type { JoinGroupRequest, JoinGroupRequestInput } from './11-join-group-request.js';
import type { JoinGroupResponse, JoinGroupResponseInput } from './11-join-group-response.js';
import type { HeartbeatRequest, HeartbeatRequestInput } from './12-heartbeat-request.js';
import type { HeartbeatResponse, HeartbeatResponseInput } from './12-heartbeat-response.js';
import type { LeaveGroupRequest, LeaveGroupRequestInput } from './13-leave-group-request.js';
import type { LeaveGroupResponse, LeaveGroupResponseInput } from './13-leave-group-response.js';
import type { SyncGroupRequest, SyncGroupRequestInput } from './14-sync-group-request.js';
import type { SyncGroupResponse, SyncGroupResponseInput } from './14-sync-group-response.js';
import type {
  DescribeGroupsRequest,
  DescribeGroupsRequestInput,
} from './15-describe-groups-request.js';
import type {
  DescribeGroupsResponse,
  DescribeGroupsResponseInput,
} from './15-describe-groups-response.js';
import type { ListGroupsRequest, ListGroupsRequestInput } from './16-list-groups-request.js';
import type { ListGroupsResponse, ListGroupsResponseInput } from './16-list-groups-response.js';
import type {
  SaslHandshakeRequest,
  SaslHandshakeRequestInput,
} from './17-sasl-handshake-request.js';
import type {
  SaslHandshakeResponse,
  SaslHandshakeResponseInput,
} from './17-sasl-handshake-response.js';
import type { ApiVersionsRequest, ApiVersionsRequestInput } from './18-api-versions-request.js';
import type { ApiVersionsResponse, ApiVersionsResponseInput } from './18-api-versions-response.js';
import type { CreateTopicsRequest, CreateTopicsRequestInput } from './19-create-topics-request.js';
import type {
  CreateTopicsResponse,
  CreateTopicsResponseInput,
} from './19-create-topics-response.js';
import type { DeleteTopicsRequest, DeleteTopicsRequestInput } from './20-delete-topics-request.js';
import type {
  DeleteTopicsResponse,
  DeleteTopicsResponseInput,
} from './20-delete-topics-response.js';
import type {
  DeleteRecordsRequest,
  DeleteRecordsRequestInput,
} from './21-delete-records-request.js';
import type {
  DeleteRecordsResponse,
  DeleteRecordsResponseInput,
} from './21-delete-records-response.js';
import type {
  InitProducerIdRequest,
  InitProducerIdRequestInput,
} from './22-init-producer-id-request.js';
import type {
  InitProducerIdResponse,
  InitProducerIdResponseInput,
} from './22-init-producer-id-response.js';
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochRequestInput,
} from './23-offset-for-leader-epoch-request.js';
import type {
  OffsetForLeaderEpochResponse,
  OffsetForLeaderEpochResponseInput,
} from './23-offset-for-leader-epoch-response.js';
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnRequestInput,
} from './24-add-partitions-to-txn-request.js';
import type {
  AddPartitionsToTxnResponse,
  AddPartitionsToTxnResponseInput,
} from './24-add-partitions-to-txn-response.js';
import type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnRequestInput,
} from './25-add-offsets-to-txn-request.js';
import type {
  AddOffsetsToTxnResponse,
  AddOffsetsToTxnResponseInput,
} from './25-add-offsets-to-txn-response.js';
import type { EndTxnRequest, EndTxnRequestInput } from './26-end-txn-request.js';
import type { EndTxnResponse, EndTxnResponseInput } from './26-end-txn-response.js';
import type {
  TxnOffsetCommitRequest,
  TxnOffsetCommitRequestInput,
} from './28-txn-offset-commit-request.js';
import type {
  TxnOffsetCommitResponse,
  TxnOffsetCommitResponseInput,
} from './28-txn-offset-commit-response.js';
import type { DescribeAclsRequest, DescribeAclsRequestInput } from './29-describe-acls-request.js';
import type {
  DescribeAclsResponse,
  DescribeAclsResponseInput,
} from './29-describe-acls-response.js';
import type { CreateAclsRequest, CreateAclsRequestInput } from './30-create-acls-request.js';
import type { CreateAclsResponse, CreateAclsResponseInput } from './30-create-acls-response.js';
import type { DeleteAclsRequest, DeleteAclsRequestInput } from './31-delete-acls-request.js';
import type { DeleteAclsResponse, DeleteAclsResponseInput } from './31-delete-acls-response.js';
import type {
  DescribeConfigsRequest,
  DescribeConfigsRequestInput,
} from './32-describe-configs-request.js';
import type {
  DescribeConfigsResponse,
  DescribeConfigsResponseInput,
} from './32-describe-configs-response.js';
import type { AlterConfigsRequest, AlterConfigsRequestInput } from './33-alter-configs-request.js';
import type {
  AlterConfigsResponse,
  AlterConfigsResponseInput,
} from './33-alter-configs-response.js';
import type {
  DescribeLogDirsRequest,
  DescribeLogDirsRequestInput,
} from './35-describe-log-dirs-request.js';
import type {
  DescribeLogDirsResponse,
  DescribeLogDirsResponseInput,
} from './35-describe-log-dirs-response.js';
import type {
  SaslAuthenticateRequest,
  SaslAuthenticateRequestInput,
} from './36-sasl-authenticate-request.js';
import type {
  SaslAuthenticateResponse,
  SaslAuthenticateResponseInput,
} from './36-sasl-authenticate-response.js';
import type {
  CreatePartitionsRequest,
  CreatePartitionsRequestInput,
} from './37-create-partitions-request.js';
import type {
  CreatePartitionsResponse,
  CreatePartitionsResponseInput,
} from './37-create-partitions-response.js';
import type { DeleteGroupsRequest, DeleteGroupsRequestInput } from './42-delete-groups-request.js';
import type {
  DeleteGroupsResponse,
  DeleteGroupsResponseInput,
} from './42-delete-groups-response.js';
import type { ElectLeadersRequest, ElectLeadersRequestInput } from './43-elect-leaders-request.js';
import type {
  ElectLeadersResponse,
  ElectLeadersResponseInput,
} from './43-elect-leaders-response.js';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsRequestInput,
} from './44-incremental-alter-configs-request.js';
import type {
  IncrementalAlterConfigsResponse,
  IncrementalAlterConfigsResponseInput,
} from './44-incremental-alter-configs-response.js';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsRequestInput,
} from './45-alter-partition-reassignments-request.js';
import type {
  AlterPartitionReassignmentsResponse,
  AlterPartitionReassignmentsResponseInput,
} from './45-alter-partition-reassignments-response.js';
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsRequestInput,
} from './46-list-partition-reassignments-request.js';
import type {
  ListPartitionReassignmentsResponse,
  ListPartitionReassignmentsResponseInput,
} from './46-list-partition-reassignments-response.js';
import type { OffsetDeleteRequest, OffsetDeleteRequestInput } from './47-offset-delete-request.js';
import type {
  OffsetDeleteResponse,
  OffsetDeleteResponseInput,
} from './47-offset-delete-response.js';
import type {
  DescribeClientQuotasRequest,
  DescribeClientQuotasRequestInput,
} from './48-describe-client-quotas-request.js';
import type {
  DescribeClientQuotasResponse,
  DescribeClientQuotasResponseInput,
} from './48-describe-client-quotas-response.js';
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasRequestInput,
} from './49-alter-client-quotas-request.js';
import type {
  AlterClientQuotasResponse,
  AlterClientQuotasResponseInput,
} from './49-alter-client-quotas-response.js';
import type {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsRequestInput,
} from './50-describe-user-scram-credentials-request.js';
import type {
  DescribeUserScramCredentialsResponse,
  DescribeUserScramCredentialsResponseInput,
} from './50-describe-user-scram-credentials-response.js';
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsRequestInput,
} from './51-alter-user-scram-credentials-request.js';
import type {
  AlterUserScramCredentialsResponse,
  AlterUserScramCredentialsResponseInput,
} from './51-alter-user-scram-credentials-response.js';
import type {
  DescribeClusterRequest,
  DescribeClusterRequestInput,
} from './60-describe-cluster-request.js';
import type {
  DescribeClusterResponse,
  DescribeClusterResponseInput,
} from './60-describe-cluster-response.js';
import type {
  DescribeProducersRequest,
  DescribeProducersRequestInput,
} from './61-describe-producers-request.js';
import type {
  DescribeProducersResponse,
  DescribeProducersResponseInput,
} from './61-describe-producers-response.js';
import type {
  DescribeTransactionsRequest,
  DescribeTransactionsRequestInput,
} from './65-describe-transactions-request.js';
import type {
  DescribeTransactionsResponse,
  DescribeTransactionsResponseInput,
} from './65-describe-transactions-response.js';
import type {
  ListTransactionsRequest,
  ListTransactionsRequestInput,
} from './66-list-transactions-request.js';
import type {
  ListTransactionsResponse,
  ListTransactionsResponseInput,
} from './66-list-transactions-response.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatRequestInput,
} from './68-consumer-group-heartbeat-request.js';
import type {
  ConsumerGroupHeartbeatResponse,
  ConsumerGroupHeartbeatResponseInput,
} from './68-consumer-group-heartbeat-response.js';
import type {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeRequestInput,
} from './69-consumer-group-describe-request.js';
import type {
  ConsumerGroupDescribeResponse,
  ConsumerGroupDescribeResponseInput,
} from './69-consumer-group-describe-response.js';

/** Decoded requests by API key. */
export interface RequestMap {
  readonly 0: ProduceRequest;
  readonly 1: FetchRequest;
  readonly 2: ListOffsetsRequest;
  readonly 3: MetadataRequest;
  readonly 8: OffsetCommitRequest;
  readonly 9: OffsetFetchRequest;
  readonly 10: FindCoordinatorRequest;
  readonly 11: JoinGroupRequest;
  readonly 12: HeartbeatRequest;
  readonly 13: LeaveGroupRequest;
  readonly 14: SyncGroupRequest;
  readonly 15: DescribeGroupsRequest;
  readonly 16: ListGroupsRequest;
  readonly 17: SaslHandshakeRequest;
  readonly 18: ApiVersionsRequest;
  readonly 19: CreateTopicsRequest;
  readonly 20: DeleteTopicsRequest;
  readonly 21: DeleteRecordsRequest;
  readonly 22: InitProducerIdRequest;
  readonly 23: OffsetForLeaderEpochRequest;
  readonly 24: AddPartitionsToTxnRequest;
  readonly 25: AddOffsetsToTxnRequest;
  readonly 26: EndTxnRequest;
  readonly 28: TxnOffsetCommitRequest;
  readonly 29: DescribeAclsRequest;
  readonly 30: CreateAclsRequest;
  readonly 31: DeleteAclsRequest;
  readonly 32: DescribeConfigsRequest;
  readonly 33: AlterConfigsRequest;
  readonly 35: DescribeLogDirsRequest;
  readonly 36: SaslAuthenticateRequest;
  readonly 37: CreatePartitionsRequest;
  readonly 42: DeleteGroupsRequest;
  readonly 43: ElectLeadersRequest;
  readonly 44: IncrementalAlterConfigsRequest;
  readonly 45: AlterPartitionReassignmentsRequest;
  readonly 46: ListPartitionReassignmentsRequest;
  readonly 47: OffsetDeleteRequest;
  readonly 48: DescribeClientQuotasRequest;
  readonly 49: AlterClientQuotasRequest;
  readonly 50: DescribeUserScramCredentialsRequest;
  readonly 51: AlterUserScramCredentialsRequest;
  readonly 60: DescribeClusterRequest;
  readonly 61: DescribeProducersRequest;
  readonly 65: DescribeTransactionsRequest;
  readonly 66: ListTransactionsRequest;
  readonly 68: ConsumerGroupHeartbeatRequest;
  readonly 69: ConsumerGroupDescribeRequest;
}

/** Requests to encode by API key. */
export interface RequestInputMap {
  readonly 0: ProduceRequestInput;
  readonly 1: FetchRequestInput;
  readonly 2: ListOffsetsRequestInput;
  readonly 3: MetadataRequestInput;
  readonly 8: OffsetCommitRequestInput;
  readonly 9: OffsetFetchRequestInput;
  readonly 10: FindCoordinatorRequestInput;
  readonly 11: JoinGroupRequestInput;
  readonly 12: HeartbeatRequestInput;
  readonly 13: LeaveGroupRequestInput;
  readonly 14: SyncGroupRequestInput;
  readonly 15: DescribeGroupsRequestInput;
  readonly 16: ListGroupsRequestInput;
  readonly 17: SaslHandshakeRequestInput;
  readonly 18: ApiVersionsRequestInput;
  readonly 19: CreateTopicsRequestInput;
  readonly 20: DeleteTopicsRequestInput;
  readonly 21: DeleteRecordsRequestInput;
  readonly 22: InitProducerIdRequestInput;
  readonly 23: OffsetForLeaderEpochRequestInput;
  readonly 24: AddPartitionsToTxnRequestInput;
  readonly 25: AddOffsetsToTxnRequestInput;
  readonly 26: EndTxnRequestInput;
  readonly 28: TxnOffsetCommitRequestInput;
  readonly 29: DescribeAclsRequestInput;
  readonly 30: CreateAclsRequestInput;
  readonly 31: DeleteAclsRequestInput;
  readonly 32: DescribeConfigsRequestInput;
  readonly 33: AlterConfigsRequestInput;
  readonly 35: DescribeLogDirsRequestInput;
  readonly 36: SaslAuthenticateRequestInput;
  readonly 37: CreatePartitionsRequestInput;
  readonly 42: DeleteGroupsRequestInput;
  readonly 43: ElectLeadersRequestInput;
  readonly 44: IncrementalAlterConfigsRequestInput;
  readonly 45: AlterPartitionReassignmentsRequestInput;
  readonly 46: ListPartitionReassignmentsRequestInput;
  readonly 47: OffsetDeleteRequestInput;
  readonly 48: DescribeClientQuotasRequestInput;
  readonly 49: AlterClientQuotasRequestInput;
  readonly 50: DescribeUserScramCredentialsRequestInput;
  readonly 51: AlterUserScramCredentialsRequestInput;
  readonly 60: DescribeClusterRequestInput;
  readonly 61: DescribeProducersRequestInput;
  readonly 65: DescribeTransactionsRequestInput;
  readonly 66: ListTransactionsRequestInput;
  readonly 68: ConsumerGroupHeartbeatRequestInput;
  readonly 69: ConsumerGroupDescribeRequestInput;
}

/** Decoded responses by API key. */
export interface ResponseMap {
  readonly 0: ProduceResponse;
  readonly 1: FetchResponse;
  readonly 2: ListOffsetsResponse;
  readonly 3: MetadataResponse;
  readonly 8: OffsetCommitResponse;
  readonly 9: OffsetFetchResponse;
  readonly 10: FindCoordinatorResponse;
  readonly 11: JoinGroupResponse;
  readonly 12: HeartbeatResponse;
  readonly 13: LeaveGroupResponse;
  readonly 14: SyncGroupResponse;
  readonly 15: DescribeGroupsResponse;
  readonly 16: ListGroupsResponse;
  readonly 17: SaslHandshakeResponse;
  readonly 18: ApiVersionsResponse;
  readonly 19: CreateTopicsResponse;
  readonly 20: DeleteTopicsResponse;
  readonly 21: DeleteRecordsResponse;
  readonly 22: InitProducerIdResponse;
  readonly 23: OffsetForLeaderEpochResponse;
  readonly 24: AddPartitionsToTxnResponse;
  readonly 25: AddOffsetsToTxnResponse;
  readonly 26: EndTxnResponse;
  readonly 28: TxnOffsetCommitResponse;
  readonly 29: DescribeAclsResponse;
  readonly 30: CreateAclsResponse;
  readonly 31: DeleteAclsResponse;
  readonly 32: DescribeConfigsResponse;
  readonly 33: AlterConfigsResponse;
  readonly 35: DescribeLogDirsResponse;
  readonly 36: SaslAuthenticateResponse;
  readonly 37: CreatePartitionsResponse;
  readonly 42: DeleteGroupsResponse;
  readonly 43: ElectLeadersResponse;
  readonly 44: IncrementalAlterConfigsResponse;
  readonly 45: AlterPartitionReassignmentsResponse;
  readonly 46: ListPartitionReassignmentsResponse;
  readonly 47: OffsetDeleteResponse;
  readonly 48: DescribeClientQuotasResponse;
  readonly 49: AlterClientQuotasResponse;
  readonly 50: DescribeUserScramCredentialsResponse;
  readonly 51: AlterUserScramCredentialsResponse;
  readonly 60: DescribeClusterResponse;
  readonly 61: DescribeProducersResponse;
  readonly 65: DescribeTransactionsResponse;
  readonly 66: ListTransactionsResponse;
  readonly 68: ConsumerGroupHeartbeatResponse;
  readonly 69: ConsumerGroupDescribeResponse;
}

/** Responses to encode by API key. */
export interface ResponseInputMap {
  readonly 0: ProduceResponseInput;
  readonly 1: FetchResponseInput;
  readonly 2: ListOffsetsResponseInput;
  readonly 3: MetadataResponseInput;
  readonly 8: OffsetCommitResponseInput;
  readonly 9: OffsetFetchResponseInput;
  readonly 10: FindCoordinatorResponseInput;
  readonly 11: JoinGroupResponseInput;
  readonly 12: HeartbeatResponseInput;
  readonly 13: LeaveGroupResponseInput;
  readonly 14: SyncGroupResponseInput;
  readonly 15: DescribeGroupsResponseInput;
  readonly 16: ListGroupsResponseInput;
  readonly 17: SaslHandshakeResponseInput;
  readonly 18: ApiVersionsResponseInput;
  readonly 19: CreateTopicsResponseInput;
  readonly 20: DeleteTopicsResponseInput;
  readonly 21: DeleteRecordsResponseInput;
  readonly 22: InitProducerIdResponseInput;
  readonly 23: OffsetForLeaderEpochResponseInput;
  readonly 24: AddPartitionsToTxnResponseInput;
  readonly 25: AddOffsetsToTxnResponseInput;
  readonly 26: EndTxnResponseInput;
  readonly 28: TxnOffsetCommitResponseInput;
  readonly 29: DescribeAclsResponseInput;
  readonly 30: CreateAclsResponseInput;
  readonly 31: DeleteAclsResponseInput;
  readonly 32: DescribeConfigsResponseInput;
  readonly 33: AlterConfigsResponseInput;
  readonly 35: DescribeLogDirsResponseInput;
  readonly 36: SaslAuthenticateResponseInput;
  readonly 37: CreatePartitionsResponseInput;
  readonly 42: DeleteGroupsResponseInput;
  readonly 43: ElectLeadersResponseInput;
  readonly 44: IncrementalAlterConfigsResponseInput;
  readonly 45: AlterPartitionReassignmentsResponseInput;
  readonly 46: ListPartitionReassignmentsResponseInput;
  readonly 47: OffsetDeleteResponseInput;
  readonly 48: DescribeClientQuotasResponseInput;
  readonly 49: AlterClientQuotasResponseInput;
  readonly 50: DescribeUserScramCredentialsResponseInput;
  readonly 51: AlterUserScramCredentialsResponseInput;
  readonly 60: DescribeClusterResponseInput;
  readonly 61: DescribeProducersResponseInput;
  readonly 65: DescribeTransactionsResponseInput;
  readonly 66: ListTransactionsResponseInput;
  readonly 68: ConsumerGroupHeartbeatResponseInput;
  readonly 69: ConsumerGroupDescribeResponseInput;
}
