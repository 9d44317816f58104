// docs/reference/clients.md as text: which client is tested for what, from test/clients/matrix.ts. Protects: a test compares it with what
// is checked in, so the page has every cell that the tests run and the reason for every other.

import { capabilities, clientNames, clients } from '../test/clients/matrix.ts';

/** The page, not formatted yet. */
export function clientsPage(): string {
  const reasons: string[] = [];
  const rows = capabilities.map((capability) => {
    const cells = clientNames.map((name) => {
      const reason = clients[name].lacks[capability];
      if (reason === undefined) return 'yes';
      const known = reasons.indexOf(`${name}: ${reason}`);
      const number = known < 0 ? reasons.push(`${name}: ${reason}`) : known + 1;
      return `no (${number})`;
    });
    return `| ${capability} | ${cells.join(' | ')} |`;
  });
  return `# Which client is tested for what

Written by \`npm run gen\` from \`test/clients/matrix.ts\`; do not edit. The clients are unmodified and run in processes of their own
against a started broker, in \`npm test\`; the rows "three brokers" against three virtual ones. A killed member gets \`kill -9\`.

| | ${clientNames.join(' | ')} |
| --- |${' --- |'.repeat(clientNames.length)}
| from | ${clientNames.map((name) => clients[name].from).join(' | ')} |
${rows.join('\n')}

${reasons.map((reason, index) => `${index + 1}. ${reason}`).join('\n')}

Also in \`npm test\`: KIP-848 groups and the administration of @platformatic/kafka, the administration and delayed records of kafkajs, and
NestJS's own \`Transport.KAFKA\` (kafkajs inside).

\`npm run rel -- foreign\` drives the Java client 3.9 and 4.1, Kafka's console tools, franz-go, sarama, and the newest confluent-kafka and
kafka-python against three virtual brokers, where Java and Maven, Go, or pip are installed. Which versions of which API a client asks for stands in [protocol-support.md](protocol-support.md).
`;
}
