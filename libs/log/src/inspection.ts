// Reads the files of a data directory that no broker uses, for `drave log dump` and `drave log verify`.
// Protects: changes nothing, believes nothing, goes on after damage. What is unsound becomes a problem with its place; what a crash leaves
// and the next start mends without losing an acknowledged record becomes a recovery. Leaves out: repair (recovery does that at the
// next start), decoding records, one partition (partition-inspection.ts).

import { parseTopicPartitionKey } from '@drave/contracts';
import type { Disk } from '@drave/platform';
import { FoundDirectory, type FoundLog } from './found-directory.js';
import { InspectionReport, type InspectionTotals, type LogVisitor } from './inspection-report.js';
import { partPath } from './journal-format.js';
import { PartitionInspection } from './partition-inspection.js';
import { openSealedText } from './sealed-text.js';

/**
 * Inspects a data directory, or one partition directory in it, in the order of names and offsets. `visitor` hears of everything;
 * the answer counts. Without the directory around it a partition is taken for one that was stopped cleanly. Throws the disk's errors
 * (ENOENT …).
 */
export async function inspectLogs(
  disk: Disk,
  path: string,
  visitor: LogVisitor,
): Promise<InspectionTotals> {
  const report = new InspectionReport(visitor);
  const names = await disk.list(path);
  if (names.some((name) => /^\d{20}\.log$/.test(name))) {
    await inspectPartition(disk, report, { path, names, found: undefined });
    return report.totals;
  }
  const found = await FoundDirectory.read(disk, path);
  try {
    await inspectJournal(found, report, path);
    for (const name of names) await inspectEntry(disk, report, { directory: path, name, found });
  } finally {
    await found.close();
  }
  return report.totals;
}

/** An entry of a data directory: a partition, a sealed text file, or something else, which is passed over. */
async function inspectEntry(
  disk: Disk,
  report: InspectionReport,
  entry: { readonly directory: string; readonly name: string; readonly found: FoundDirectory },
): Promise<void> {
  const path = `${entry.directory}/${entry.name}`;
  const stat = await disk.stat(path);
  if (stat?.kind !== 'directory') {
    if (isSealedText(entry.name)) await inspectText(disk, report, path);
    return;
  }
  if (entry.name.endsWith('-delete')) report.recovery(path, 'removes it: its topic was deleted');
  const topicPartition = parseTopicPartitionKey(entry.name);
  if (topicPartition === undefined) return;
  const found = await entry.found.log(topicPartition, path);
  await inspectPartition(disk, report, { path, names: await disk.list(path), found });
}

async function inspectPartition(
  disk: Disk,
  report: InspectionReport,
  partition: {
    readonly path: string;
    readonly names: readonly string[];
    readonly found: FoundLog | undefined;
  },
): Promise<void> {
  await new PartitionInspection(disk, report, partition).run();
  for (const name of partition.names) {
    if (isSealedText(name)) await inspectText(disk, report, `${partition.path}/${name}`);
  }
}

async function inspectJournal(
  found: FoundDirectory,
  report: InspectionReport,
  directory: string,
): Promise<void> {
  for (const { file, epoch, recordCount } of found.parts) {
    report.visitor.journalPart?.(file.path, { epoch: epoch.epoch, records: recordCount });
  }
  for (const path of await found.unsoundParts(directory)) {
    report.problem({ path, problem: 'its header is not sound: nothing of it would be replayed' });
  }
  const hasRecords = found.parts.some(({ recordCount }) => recordCount > 0);
  if (found.isClean && hasRecords) {
    const problem = 'it has records although the last stop was clean';
    report.problem({ path: partPath(directory, 0), problem });
  }
}

async function inspectText(disk: Disk, report: InspectionReport, path: string): Promise<void> {
  const body = openSealedText(await disk.readFile(path));
  if (body === undefined) {
    report.problem({ path, problem: 'its checksum line is missing or wrong' });
  } else report.visitor.text?.(path, body);
}

function isSealedText(name: string): boolean {
  return /(-checkpoint|^meta\.properties|^\.clean-shutdown|^partition\.metadata)$/.test(name);
}
