// AlterUserScramCredentials: sets and removes SCRAM credentials; the client sends a salted password, never the password.
// Versions: 0.
// Behaviour: all changes of a user or none. Empty names, iterations outside 4096-16384 and an empty salt or password are
//   UNACCEPTABLE_CREDENTIAL, an unknown mechanism UNSUPPORTED_SASL_MECHANISM, removing what is not there RESOURCE_NOT_FOUND, a user
//   changed twice DUPLICATE_RESOURCE. StoredKey and ServerKey are kept, the salted password is not; none is logged.
// Not implemented: logging in with them (no SASL listener yet).
// Sources: KIP-554; RFC 5802 §3; Kafka's ScramControlManager.

import { createHash, createHmac } from 'node:crypto';
import { ErrorCode, limits, type ErrorName } from '@drave/contracts';
import { ApiKey, type AlterUserScramCredentialsRequest } from '@drave/protocol';
import type { ClusterSettingsRecord, ScramCredential } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number];
type Deletion = AlterUserScramCredentialsRequest['deletions'][number];

interface UserAnswer {
  user: string;
  errorCode: number;
  errorMessage: string | null;
}

type Problem = readonly [ErrorName, string];

const hashes: ReadonlyMap<number, string> = new Map([
  [1, 'sha256'],
  [2, 'sha512'],
]);
const iterationsMin = 4096;
const iterationsMax = 16_384;

export const alterUserScramCredentialsHandler = defineHandler({
  apiKey: ApiKey.alterUserScramCredentials,
  name: 'AlterUserScramCredentials',
  versions: { min: 0, max: 0 },
  async handle({ deletions, upsertions }, context) {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name));
    const records: ClusterSettingsRecord[] = [];
    const newUsers = new Set<string>();
    const results = Array.from(users, (user) => {
      const mine = {
        user,
        deletions: deletions.filter(({ name }) => name === user),
        upsertions: upsertions.filter(({ name }) => name === user),
        newUsers,
      };
      const problem = problemOf(mine, context);
      if (problem) return answered(user, ...problem);
      records.push(...recordsOf(mine));
      return answered(user, 'NONE', null);
    });
    await context.broker.metadata.setClusterSettings(records).committed;
    return { results };
  },
  fail({ deletions, upsertions }, { errorName, message }) {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name));
    return { results: Array.from(users, (user) => answered(user, errorName, message)) };
  },
});

interface UserChange {
  readonly user: string;
  readonly deletions: readonly Deletion[];
  readonly upsertions: readonly Upsertion[];
  /** Users this request adds; grows. */
  readonly newUsers: Set<string>;
}

function problemOf(change: UserChange, { broker }: RequestContext): Problem | undefined {
  const { user, deletions, upsertions, newUsers } = change;
  const { clusterSettings } = broker.metadata.image;
  if (user === '') return ['UNACCEPTABLE_CREDENTIAL', 'Username must not be empty.'];
  const known = clusterSettings.scramCredentials(user);
  // Kafka's order: what is wrong with the first change comes before there being a second.
  const [first, second] = [...deletions, ...upsertions];
  if (first && !hashes.has(first.mechanism)) {
    return ['UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism.'];
  }
  if (deletions.length > 0 && first && !known.has(first.mechanism)) {
    return ['RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist.'];
  }
  const problem = deletions.length > 0 ? undefined : iterationsProblem(upsertions[0]);
  if (problem) return problem;
  if (second) {
    const message = 'A user credential cannot be altered twice in the same request.';
    return ['DUPLICATE_RESOURCE', message];
  }
  for (const { salt, saltedPassword } of upsertions) {
    if (salt.length === 0 || saltedPassword.length === 0) {
      return ['UNACCEPTABLE_CREDENTIAL', 'Salt and salted password must not be empty.'];
    }
  }
  if (known.size === 0) {
    newUsers.add(user);
    if (clusterSettings.scramUserCount + newUsers.size > limits.scramUsersMax) {
      const message = `At most ${limits.scramUsersMax} users can have credentials; remove some first.`;
      return ['POLICY_VIOLATION', message];
    }
  }
  return undefined;
}

function iterationsProblem(upsertion: Upsertion | undefined): Problem | undefined {
  if (!upsertion) return undefined;
  const { iterations } = upsertion;
  if (iterations < iterationsMin) return ['UNACCEPTABLE_CREDENTIAL', 'Too few iterations.'];
  if (iterations > iterationsMax) return ['UNACCEPTABLE_CREDENTIAL', 'Too many iterations.'];
  return undefined;
}

function recordsOf({ user, deletions, upsertions }: UserChange): ClusterSettingsRecord[] {
  const set = (mechanism: number, credential: ScramCredential | null): ClusterSettingsRecord => ({
    kind: 'scram-credential-set',
    version: 1,
    user,
    mechanism,
    credential,
  });
  return [
    ...deletions.map(({ mechanism }) => set(mechanism, null)),
    ...upsertions.map((upsertion) => set(upsertion.mechanism, credentialOf(upsertion))),
  ];
}

function credentialOf({ mechanism, iterations, salt, saltedPassword }: Upsertion): ScramCredential {
  const hash = hashes.get(mechanism) ?? '';
  const hmac = (text: string): Buffer => createHmac(hash, saltedPassword).update(text).digest();
  const storedKey = createHash(hash).update(hmac('Client Key')).digest();
  return {
    iterations,
    salt: salt.toString('base64'),
    storedKey: storedKey.toString('base64'),
    serverKey: hmac('Server Key').toString('base64'),
  };
}

function answered(user: string, error: ErrorName, errorMessage: string | null): UserAnswer {
  return { user, errorCode: ErrorCode[error], errorMessage };
}
