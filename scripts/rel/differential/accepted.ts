// What differs on purpose: the table of docs/reference/differences.md, one row a difference:
// | API | field | Kafka | Drave | reason |. API is a name of the protocol or `*`; field is the path of the decoded answer, `*` at its
// end for everything below; Kafka and Drave are JSON values or `*`. Protects: a row that excuses nothing any more fails a whole run.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Difference } from './comparison.ts';

interface Row {
  readonly api: string;
  readonly field: string;
  readonly kafka: string;
  readonly drave: string;
  isUsed: boolean;
}

const file = join(import.meta.dirname, '../../../docs/reference/differences.md');

export class Accepted {
  readonly #rows: readonly Row[];

  constructor(text: string = readFileSync(file, 'utf8')) {
    this.#rows = text
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (API|-+) /.test(line))
      .map((line) => {
        const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
        const [, api = '', field = '', kafka = '', drave = ''] = cells;
        return { api, field, kafka, drave, isUsed: false };
      });
  }

  /** Whether some row excuses the difference. */
  has(api: string, { path, kafka, drave }: Difference): boolean {
    const row = this.#rows.find(
      (one) =>
        (one.api === '*' || one.api === api) &&
        (one.field === path ||
          (one.field.endsWith('*') && path.startsWith(one.field.slice(0, -1)))) &&
        (one.kafka === '*' || one.kafka === kafka) &&
        (one.drave === '*' || one.drave === drave),
    );
    if (row) row.isUsed = true;
    return row !== undefined;
  }

  /** Rows that excused nothing. */
  unused(): string[] {
    return this.#rows
      .filter(({ isUsed }) => !isUsed)
      .map(({ api, field, kafka }) => `${api} ${field} ${kafka}`);
  }
}
