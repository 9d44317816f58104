// DescribeUserScramCredentials: which users have credentials, by mechanism and iterations; never salts or keys.
// Versions: 0.
// Behaviour: null or an empty list is every user; a user without credentials is RESOURCE_NOT_FOUND, one named twice
//   DUPLICATE_RESOURCE.
// Not implemented: nothing of this version.
// Sources: KIP-554; Kafka's ScramImage.describe.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type ResponseInputMap } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type UserAnswer = ResponseInputMap[50]['results'][number];

export const describeUserScramCredentialsHandler = defineHandler({
  apiKey: ApiKey.describeUserScramCredentials,
  name: 'DescribeUserScramCredentials',
  versions: { min: 0, max: 0 },
  handle({ users }, context) {
    const { clusterSettings } = context.broker.metadata.image;
    const isAll = users === null || users.length === 0;
    const asked = isAll ? [...clusterSettings.scramUsers()] : users.map(({ name }) => name);
    const results = [...new Set(asked)].map((user) =>
      asked.indexOf(user) === asked.lastIndexOf(user)
        ? describe(user, context)
        : refused(
            user,
            'DUPLICATE_RESOURCE',
            'Cannot describe SCRAM credentials for the same user twice in a single request.',
          ),
    );
    return { errorCode: 0, errorMessage: null, results };
  },
  fail(_request, { code, message }) {
    return { errorCode: code, errorMessage: message, results: [] };
  },
});

function describe(user: string, { broker }: RequestContext): UserAnswer {
  const credentials = broker.metadata.image.clusterSettings.scramCredentials(user);
  if (credentials.size === 0) {
    const message = 'Attempt to describe a user credential that does not exist.';
    return refused(user, 'RESOURCE_NOT_FOUND', message);
  }
  return {
    user,
    errorCode: 0,
    errorMessage: null,
    credentialInfos: Array.from(credentials, ([mechanism, { iterations }]) => ({
      mechanism,
      iterations,
    })),
  };
}

function refused(user: string, error: ErrorName, errorMessage: string): UserAnswer {
  return { user, errorCode: ErrorCode[error], errorMessage, credentialInfos: [] };
}
