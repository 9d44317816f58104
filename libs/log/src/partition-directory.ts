// A partition's directory: made, named durably, identified by its metadata, put aside, given away for removal.
// Protects: a directory is a log only with sound metadata, which is synced before the first append is acknowledged.
// Leaves out: the segments in it.

import { type TopicPartition, topicPartitionKey } from '@drave/contracts';
import { errorCode, type Platform } from '@drave/platform';
import { openSealedText, sealText } from './sealed-text.js';

const metadataName = 'partition.metadata';

/** Makes the directory with its metadata; not durable before `makePartitionDurable`. */
export async function makePartitionDirectory(
  { disk }: Platform,
  directory: string,
  topicId: string,
): Promise<void> {
  await disk.makeDirectory(directory);
  const file = await disk.open(`${directory}/${metadataName}`, 'create');
  try {
    await file.write([sealText(`version: 0\ntopic_id: ${topicId}`)], 0);
  } finally {
    await file.close();
  }
}

/** The metadata, the partition's directory and its name in the data directory `root` survive a crash. */
export async function makePartitionDurable(
  platform: Platform,
  { root, directory }: { readonly root: string; readonly directory: string },
): Promise<void> {
  await syncMetadata(platform, directory);
  await platform.disk.syncDirectory(directory);
  await platform.disk.syncDirectory(root);
}

export async function syncMetadata({ disk }: Platform, directory: string): Promise<void> {
  const file = await disk.open(`${directory}/${metadataName}`, 'read-write');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** undefined when the metadata is missing or not sound. */
export async function readTopicId(
  world: Pick<Platform, 'disk'>,
  directory: string,
): Promise<string | undefined> {
  const content = await readIfThere(world, `${directory}/${metadataName}`);
  const body = content && openSealedText(content);
  return body === undefined ? undefined : /^topic_id: (.+)$/m.exec(body)?.[1];
}

/**
 * A partition directory without sound metadata. The metadata is synced before the first append is acknowledged: without it
 * nothing was promised, unless it was damaged later; so what holds records is put out of the way, not removed.
 */
export async function setPartitionAside(
  platform: Platform,
  root: string,
  topicPartition: TopicPartition,
): Promise<void> {
  const { disk, logger } = platform;
  const directory = `${root}/${topicPartitionKey(topicPartition)}`;
  const names = await disk.list(directory);
  if (names.some((name) => name.endsWith('.log'))) {
    const movedTo = `${root}/${leavingName(platform, topicPartition, 'stray')}`;
    await disk.rename(directory, movedTo);
    logger.error('log-stray', { directory, movedTo });
  } else {
    await disk.remove(directory);
  }
  await disk.syncDirectory(root);
}

/** A free name for a partition directory that is no log any more. */
export function leavingName(
  { random }: Platform,
  { topic, partition }: TopicPartition,
  suffix: 'delete' | 'stray',
): string {
  const unique = random.bytes(8).toString('hex');
  // Cut so that the longest topic name still fits a file name.
  return `${topic.slice(0, 200)}-${partition}.${unique}-${suffix}`;
}

/** undefined when nothing is at `path`. */
export async function readIfThere(
  { disk }: Pick<Platform, 'disk'>,
  path: string,
): Promise<Buffer | undefined> {
  try {
    return await disk.readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
