// Kafka's error codes as one table. Protects: one name, one code, one verdict on retrying, everywhere.
// Source: Kafka protocol guide, "Error codes"; retriable and refreshing sets as in the Java client.

interface ErrorRow {
  readonly code: number;
  /** The same request may succeed later. */
  readonly retriable?: true;
  /** Fetch metadata before retrying. */
  readonly refreshMetadata?: true;
  /** What the user can do, one sentence. */
  readonly hint?: string;
}

const rows = {
  UNKNOWN_SERVER_ERROR: { code: -1 },
  NONE: { code: 0 },
  OFFSET_OUT_OF_RANGE: {
    code: 1,
    hint: 'The offset is outside the log; reset the consumer (earliest or latest) or seek.',
  },
  CORRUPT_MESSAGE: {
    code: 2,
    retriable: true,
    hint: 'The batch arrived damaged; the client should send it again.',
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    code: 3,
    retriable: true,
    refreshMetadata: true,
    hint: 'The topic or partition does not exist; create it or check the name.',
  },
  INVALID_FETCH_SIZE: { code: 4 },
  LEADER_NOT_AVAILABLE: {
    code: 5,
    retriable: true,
    refreshMetadata: true,
    hint: 'The partition has no leader just now; retry.',
  },
  NOT_LEADER_OR_FOLLOWER: {
    code: 6,
    retriable: true,
    refreshMetadata: true,
    hint: 'This broker does not lead the partition; refresh metadata and retry.',
  },
  REQUEST_TIMED_OUT: {
    code: 7,
    retriable: true,
    hint: 'The request did not finish in its time; data may have been written. Retry.',
  },
  BROKER_NOT_AVAILABLE: { code: 8 },
  REPLICA_NOT_AVAILABLE: { code: 9, retriable: true, refreshMetadata: true },
  MESSAGE_TOO_LARGE: {
    code: 10,
    hint: 'The batch is larger than max.message.bytes; send smaller batches or raise the topic setting.',
  },
  STALE_CONTROLLER_EPOCH: { code: 11 },
  OFFSET_METADATA_TOO_LARGE: { code: 12, hint: 'Offset metadata is limited to 4,096 characters.' },
  NETWORK_EXCEPTION: {
    code: 13,
    retriable: true,
    refreshMetadata: true,
    hint: 'The broker could not be reached or the connection broke; retry.',
  },
  COORDINATOR_LOAD_IN_PROGRESS: {
    code: 14,
    retriable: true,
    hint: 'The coordinator is still loading; retry.',
  },
  COORDINATOR_NOT_AVAILABLE: {
    code: 15,
    retriable: true,
    hint: 'The coordinator is not available yet; retry.',
  },
  NOT_COORDINATOR: {
    code: 16,
    retriable: true,
    hint: 'Another broker coordinates this group; look it up again.',
  },
  INVALID_TOPIC_EXCEPTION: {
    code: 17,
    hint: 'Topic names are 1 to 249 characters of a-z, A-Z, 0-9, ".", "_" and "-", and not "." or "..".',
  },
  RECORD_LIST_TOO_LARGE: { code: 18 },
  NOT_ENOUGH_REPLICAS: {
    code: 19,
    retriable: true,
    hint: 'Too few in-sync replicas to accept the write; retry or lower min.insync.replicas.',
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    code: 20,
    retriable: true,
    hint: 'Written, but to fewer in-sync replicas than required; the outcome is unknown.',
  },
  INVALID_REQUIRED_ACKS: { code: 21, hint: 'acks must be 0, 1 or -1 (all).' },
  ILLEGAL_GENERATION: {
    code: 22,
    hint: 'The member speaks for an old generation; rejoin the group.',
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    code: 23,
    hint: 'The members share no protocol; give all the same assignor.',
  },
  INVALID_GROUP_ID: { code: 24, hint: 'The group id must not be empty.' },
  UNKNOWN_MEMBER_ID: {
    code: 25,
    hint: 'The group does not know this member; rejoin with an empty member id.',
  },
  INVALID_SESSION_TIMEOUT: {
    code: 26,
    hint: 'session.timeout.ms is outside the range this broker allows (group.min/max.session.timeout.ms).',
  },
  REBALANCE_IN_PROGRESS: { code: 27, hint: 'The group is rebalancing; rejoin.' },
  INVALID_COMMIT_OFFSET_SIZE: { code: 28 },
  TOPIC_AUTHORIZATION_FAILED: { code: 29 },
  GROUP_AUTHORIZATION_FAILED: { code: 30 },
  CLUSTER_AUTHORIZATION_FAILED: { code: 31 },
  INVALID_TIMESTAMP: {
    code: 32,
    hint: 'The record timestamp is outside the range the topic allows.',
  },
  UNSUPPORTED_SASL_MECHANISM: {
    code: 33,
    hint: 'The SASL mechanism is not enabled on this listener.',
  },
  ILLEGAL_SASL_STATE: {
    code: 34,
    hint: 'The request is not allowed in this SASL state; authenticate first.',
  },
  UNSUPPORTED_VERSION: { code: 35, hint: 'The broker does not speak this version of the API.' },
  TOPIC_ALREADY_EXISTS: { code: 36, hint: 'A topic of that name exists already.' },
  INVALID_PARTITIONS: {
    code: 37,
    hint: 'The partition count must be at least 1 and can only grow.',
  },
  INVALID_REPLICATION_FACTOR: {
    code: 38,
    hint: 'The replication factor must be between 1 and the number of brokers.',
  },
  INVALID_REPLICA_ASSIGNMENT: { code: 39, hint: 'The replica assignment is not valid.' },
  INVALID_CONFIG: { code: 40, hint: 'The setting is unknown or its value is not allowed.' },
  NOT_CONTROLLER: {
    code: 41,
    retriable: true,
    hint: 'Only the controller answers this; refresh metadata and retry.',
  },
  INVALID_REQUEST: { code: 42, hint: 'The request is malformed or contradicts itself.' },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    code: 43,
    hint: 'The stored message format does not support the request.',
  },
  POLICY_VIOLATION: { code: 44, hint: 'The request violates a policy of the topic or cluster.' },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    code: 45,
    hint: 'A sequence number is missing; an earlier batch was lost or is still under way.',
  },
  DUPLICATE_SEQUENCE_NUMBER: { code: 46 },
  INVALID_PRODUCER_EPOCH: { code: 47, hint: 'A newer producer with this id fenced this one.' },
  INVALID_TXN_STATE: { code: 48 },
  INVALID_PRODUCER_ID_MAPPING: { code: 49 },
  INVALID_TRANSACTION_TIMEOUT: {
    code: 50,
    hint: 'The transaction timeout is outside the allowed range.',
  },
  CONCURRENT_TRANSACTIONS: { code: 51, retriable: true },
  TRANSACTION_COORDINATOR_FENCED: { code: 52 },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { code: 53 },
  SECURITY_DISABLED: { code: 54, hint: 'No authorizer is configured on this broker.' },
  OPERATION_NOT_ATTEMPTED: { code: 55 },
  KAFKA_STORAGE_ERROR: {
    code: 56,
    retriable: true,
    refreshMetadata: true,
    hint: 'The broker cannot use its disk; look at its log.',
  },
  LOG_DIR_NOT_FOUND: { code: 57 },
  SASL_AUTHENTICATION_FAILED: { code: 58 },
  UNKNOWN_PRODUCER_ID: { code: 59 },
  REASSIGNMENT_IN_PROGRESS: { code: 60 },
  DELEGATION_TOKEN_AUTH_DISABLED: { code: 61 },
  DELEGATION_TOKEN_NOT_FOUND: { code: 62 },
  DELEGATION_TOKEN_OWNER_MISMATCH: { code: 63 },
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: { code: 64 },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: { code: 65 },
  DELEGATION_TOKEN_EXPIRED: { code: 66 },
  INVALID_PRINCIPAL_TYPE: { code: 67 },
  NON_EMPTY_GROUP: { code: 68, hint: 'The group still has members; stop them first.' },
  GROUP_ID_NOT_FOUND: { code: 69, hint: 'The group does not exist.' },
  FETCH_SESSION_ID_NOT_FOUND: {
    code: 70,
    retriable: true,
    hint: 'The fetch session is unknown; start a new one.',
  },
  INVALID_FETCH_SESSION_EPOCH: {
    code: 71,
    retriable: true,
    hint: 'The fetch session epoch is wrong; start a new session.',
  },
  LISTENER_NOT_FOUND: { code: 72, retriable: true, refreshMetadata: true },
  TOPIC_DELETION_DISABLED: { code: 73, hint: 'Topic deletion is switched off.' },
  FENCED_LEADER_EPOCH: {
    code: 74,
    retriable: true,
    refreshMetadata: true,
    hint: 'The leader epoch is old; refresh metadata.',
  },
  UNKNOWN_LEADER_EPOCH: {
    code: 75,
    retriable: true,
    hint: 'The leader epoch is newer than this broker knows; retry.',
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    code: 76,
    hint: 'This compression codec is not supported at this version of the API.',
  },
  STALE_BROKER_EPOCH: { code: 77 },
  OFFSET_NOT_AVAILABLE: { code: 78, retriable: true },
  MEMBER_ID_REQUIRED: {
    code: 79,
    hint: 'Join again with the member id that came with this answer.',
  },
  PREFERRED_LEADER_NOT_AVAILABLE: { code: 80, retriable: true, refreshMetadata: true },
  GROUP_MAX_SIZE_REACHED: { code: 81, hint: 'The group is full (group.max.size).' },
  FENCED_INSTANCE_ID: { code: 82, hint: 'Another member took over this group.instance.id.' },
  ELIGIBLE_LEADERS_NOT_AVAILABLE: { code: 83, retriable: true, refreshMetadata: true },
  ELECTION_NOT_NEEDED: { code: 84, retriable: true, refreshMetadata: true },
  NO_REASSIGNMENT_IN_PROGRESS: { code: 85 },
  GROUP_SUBSCRIBED_TO_TOPIC: { code: 86 },
  INVALID_RECORD: { code: 87, hint: 'The broker refused the record or batch as invalid.' },
  UNSTABLE_OFFSET_COMMIT: {
    code: 88,
    retriable: true,
    hint: 'A transaction has uncommitted offsets for this partition; retry.',
  },
  THROTTLING_QUOTA_EXCEEDED: { code: 89, retriable: true },
  PRODUCER_FENCED: {
    code: 90,
    hint: 'A newer producer with this transactional id fenced this one.',
  },
  RESOURCE_NOT_FOUND: { code: 91 },
  DUPLICATE_RESOURCE: { code: 92 },
  UNACCEPTABLE_CREDENTIAL: { code: 93 },
  INCONSISTENT_VOTER_SET: { code: 94 },
  INVALID_UPDATE_VERSION: { code: 95 },
  FEATURE_UPDATE_FAILED: { code: 96 },
  PRINCIPAL_DESERIALIZATION_FAILURE: { code: 97 },
  SNAPSHOT_NOT_FOUND: { code: 98 },
  POSITION_OUT_OF_RANGE: { code: 99 },
  UNKNOWN_TOPIC_ID: {
    code: 100,
    retriable: true,
    refreshMetadata: true,
    hint: 'The topic id is unknown; refresh metadata.',
  },
  DUPLICATE_BROKER_REGISTRATION: { code: 101 },
  BROKER_ID_NOT_REGISTERED: { code: 102 },
  INCONSISTENT_TOPIC_ID: { code: 103, retriable: true, refreshMetadata: true },
  INCONSISTENT_CLUSTER_ID: { code: 104 },
  TRANSACTIONAL_ID_NOT_FOUND: { code: 105 },
  FETCH_SESSION_TOPIC_ID_ERROR: { code: 106, retriable: true },
  INELIGIBLE_REPLICA: { code: 107 },
  NEW_LEADER_ELECTED: { code: 108 },
  OFFSET_MOVED_TO_TIERED_STORAGE: { code: 109 },
  FENCED_MEMBER_EPOCH: { code: 110 },
  UNRELEASED_INSTANCE_ID: { code: 111 },
  UNSUPPORTED_ASSIGNOR: { code: 112 },
  STALE_MEMBER_EPOCH: { code: 113 },
  MISMATCHED_ENDPOINT_TYPE: { code: 114 },
  UNSUPPORTED_ENDPOINT_TYPE: { code: 115 },
  UNKNOWN_CONTROLLER_ID: { code: 116 },
  UNKNOWN_SUBSCRIPTION_ID: { code: 117 },
  TELEMETRY_TOO_LARGE: { code: 118 },
  INVALID_REGISTRATION: { code: 119 },
  TRANSACTION_ABORTABLE: { code: 120 },
  INVALID_RECORD_STATE: { code: 121 },
  SHARE_SESSION_NOT_FOUND: { code: 122, retriable: true },
  INVALID_SHARE_SESSION_EPOCH: { code: 123, retriable: true },
  FENCED_STATE_EPOCH: { code: 124 },
  INVALID_VOTER_KEY: { code: 125 },
  DUPLICATE_VOTER: { code: 126 },
  VOTER_NOT_FOUND: { code: 127 },
  INVALID_REGULAR_EXPRESSION: { code: 128 },
  REBOOTSTRAP_REQUIRED: { code: 129 },
  STREAMS_INVALID_TOPOLOGY: { code: 130 },
  STREAMS_INVALID_TOPOLOGY_EPOCH: { code: 131 },
  STREAMS_TOPOLOGY_FENCED: { code: 132 },
  SHARE_SESSION_LIMIT_REACHED: { code: 133, retriable: true },
  GROUP_DELETION_FAILED: { code: 134 },
} as const satisfies Record<string, ErrorRow>;

/** Kafka's name of an error, e.g. `UNKNOWN_TOPIC_OR_PARTITION`. */
export type ErrorName = keyof typeof rows;

/** Code by name: `ErrorCode.NONE === 0`. */
export const ErrorCode = Object.freeze(
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, row.code])),
) as { readonly [Name in ErrorName]: (typeof rows)[Name]['code'] };

/** One row of the table. */
export interface KafkaErrorInfo {
  readonly name: ErrorName;
  readonly code: number;
  readonly retriable: boolean;
  readonly refreshMetadata: boolean;
  /** One sentence that tells the user what to do. */
  readonly hint: string;
}

const byCode = new Map<number, KafkaErrorInfo>(
  Object.entries(rows as Record<string, ErrorRow>).map(([name, row]) => [
    row.code,
    {
      name: name as ErrorName,
      code: row.code,
      retriable: row.retriable ?? false,
      refreshMetadata: row.refreshMetadata ?? false,
      hint: row.hint ?? `The broker answered ${name} (${row.code}).`,
    },
  ]),
);

/** The row of `code`; an unknown code answers as UNKNOWN_SERVER_ERROR with that code kept. */
export function errorByCode(code: number): KafkaErrorInfo {
  const known = byCode.get(code);
  if (known) return known;
  return {
    name: 'UNKNOWN_SERVER_ERROR',
    code,
    retriable: false,
    refreshMetadata: false,
    hint: `The broker answered with the unknown error code ${code}.`,
  };
}

/** A Kafka error as an exception: what a client call rejects with, or a handler's answer on its way out. */
export class KafkaError extends Error {
  readonly code: number;
  readonly errorName: ErrorName;
  readonly retriable: boolean;
  readonly refreshMetadata: boolean;

  /** `detail` says what failed ("cannot create topic 'a b'"); the table's hint is appended. */
  constructor(error: ErrorName | number, detail?: string, options?: ErrorOptions) {
    const info = errorByCode(typeof error === 'number' ? error : rows[error].code);
    super(`${detail ? `${detail}: ` : ''}${info.name} (${info.code}). ${info.hint}`, options);
    this.name = 'KafkaError';
    this.code = info.code;
    this.errorName = info.name;
    this.retriable = info.retriable;
    this.refreshMetadata = info.refreshMetadata;
  }
}
