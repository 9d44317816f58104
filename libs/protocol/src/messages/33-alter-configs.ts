// AlterConfigs: replaces all configs of a resource. 2 flexible.

import { api, field, list } from '../codegen/descriptor.js';

export const alterConfigs = api({
  key: 33,
  name: 'alterConfigs',
  versions: '0-2',
  flexibleFrom: 2,
  request: [
    list('resources', '0+', [
      field('resourceType', 'int8', '0+'),
      field('resourceName', 'string', '0+'),
      list('configs', '0+', [
        field('name', 'string', '0+'),
        field('value', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
    field('validateOnly', 'bool', '0+'),
  ],
  response: [
    field('throttleTimeMs', 'int32', '0+'),
    list(
      'responses',
      '0+',
      [
        field('errorCode', 'int16', '0+'),
        field('errorMessage', 'string', '0+', { nullable: '0+' }),
        field('resourceType', 'int8', '0+'),
        field('resourceName', 'string', '0+'),
      ],
      { as: 'Response' },
    ),
  ],
});
