// What a broker needs of the machine: Node, native codecs, descriptors, the data directory and its disk, free ports.
// Protects: nothing is changed but a probe file, which goes again; a directory in use is not touched.

import { formatSocketAddress, type Platform, type SocketAddress } from '@drave/platform';
import { compress, type CompressionCodec } from '@drave/protocol';
import { askHealth } from './health-answer.js';
import { fine, skipped, trouble, type Finding } from './finding.js';

const nodeMajorPinned = 26;
const descriptorsMin = 4_096;
const flushProbes = 20;
const slowFlushMs = 20;
const GiB = 2 ** 30;

export async function checkNode(version: string): Promise<Finding> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const remedy = `Install Node ${nodeMajorPinned}, or run \`npx drave\` in a checkout: it brings its own.`;
  if (major < 22 || (major === 22 && minor < 15)) {
    return trouble('fail', 'node', `Node ${version} is older than 22.15`, remedy);
  }
  if (major >= nodeMajorPinned) return fine('node', `Node ${version}`);
  return trouble('warn', 'node', `Node ${version}; measured and tested with 26`, remedy);
}

const nativeCodecs: readonly CompressionCodec[] = ['snappy', 'lz4'];

/** The optional packages behind the codecs. */
export async function checkCodecs(
  tryCodec: (codec: CompressionCodec) => unknown = (codec) => compress(codec, Buffer.from('probe')),
): Promise<Finding> {
  const missing = nativeCodecs.filter((codec) => {
    try {
      tryCodec(codec);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return fine('codecs', 'gzip, zstd, snappy and lz4 can be used');
  const remedy = 'Install again without --omit=optional; on musl (Alpine) use a glibc image.';
  return trouble('warn', 'codecs', `no binary for ${missing.join(' and ')} here`, remedy);
}

/** Text of /proc/self/limits. */
export async function checkDescriptors(platform: Pick<Platform, 'disk'>): Promise<Finding> {
  const text = await platform.disk.readFile('/proc/self/limits').catch(() => undefined);
  if (!text) return skipped('descriptors', 'only known on Linux');
  const soft = /^Max open files\s+(\S+)/m.exec(text.toString('utf8'))?.[1] ?? '';
  const limit = soft === 'unlimited' ? Infinity : Number(soft);
  if (limit >= descriptorsMin) return fine('descriptors', `${soft} files and sockets at once`);
  const remedy = 'Raise it: `ulimit -n 65536`, LimitNOFILE= of systemd, or ulimits: of compose.';
  return trouble('warn', 'descriptors', `only ${soft} files and sockets at once`, remedy);
}

/** Whose it is and whether it can be used; a missing one is made at the start. */
export async function checkDirectory({ disk }: Platform, directory: string): Promise<Finding> {
  if (!(await disk.stat(directory))) {
    return fine('data directory', `${directory} is not there yet and will be made`);
  }
  const identity = await disk.readFile(`${directory}/meta.properties`).catch(() => undefined);
  const format = /^drave\.format=(\d+)/m.exec(identity?.toString('utf8') ?? '')?.[1];
  if (identity && format !== '1') {
    const remedy = 'Use the version of Drave that wrote it, or another --data.';
    return trouble('fail', 'data directory', `${directory} has format ${format ?? '?'}`, remedy);
  }
  if (!identity && (await disk.list(directory)).some((name) => !name.startsWith('.'))) {
    const remedy = 'Give --data an empty directory or one that Drave made.';
    return trouble('fail', 'data directory', `${directory} holds other files`, remedy);
  }
  try {
    await (await disk.lock(directory)).release();
    return fine('data directory', `${directory} is free${identity ? ', format 1' : ' and empty'}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED') {
      return fine('data directory', `${directory} is in use: ${(error as Error).message}`);
    }
    const message = `${directory} cannot be written (${(error as NodeJS.ErrnoException).code})`;
    const remedy = 'Make it belong to the user that runs Drave (`chown -R`).';
    return trouble('fail', 'data directory', message, remedy);
  }
}

export async function checkSpace({ disk }: Platform, existing: string): Promise<Finding> {
  const [free, total] = await Promise.all([disk.freeBytes(existing), disk.totalBytes(existing)]);
  const reserve = Math.min(Math.max(total / 20, GiB), 8 * GiB, total / 10);
  const message = `${(free / GiB).toFixed(1)} GiB free, ${(reserve / GiB).toFixed(1)} GiB of them kept in reserve`;
  if (free > 2 * reserve) return fine('disk space', message);
  const remedy = 'Free some space, or shorten retention.ms / retention.bytes of large topics.';
  return trouble(free > reserve ? 'warn' : 'fail', 'disk space', message, remedy);
}

/** How long an acknowledged record waits for the disk: median of a few writes with fdatasync. */
export async function checkFlush({ disk, clock }: Platform, existing: string): Promise<Finding> {
  const path = `${existing}/.drave-flush-probe`;
  const file = await disk.open(path, 'create');
  const tookMs: number[] = [];
  try {
    const block = Buffer.alloc(4_096);
    for (let index = 0; index < flushProbes; index++) {
      const startMs = clock.monotonicMs();
      await file.write([block], index * block.length);
      await file.sync();
      tookMs.push(clock.monotonicMs() - startMs);
    }
  } finally {
    await file.close();
    await disk.remove(path);
  }
  const median = tookMs.toSorted((a, b) => a - b)[flushProbes / 2] ?? 0;
  const message = `fdatasync takes ${median.toFixed(2)} ms (median of ${flushProbes})`;
  if (median < slowFlushMs) return fine('flush', message);
  const remedy = 'Put --data on a local SSD; --flush os gives up durability over a power cut.';
  return trouble('warn', 'flush', message, remedy);
}

/** Free, or a Drave that answers there; `http` is asked for its health. */
export async function checkPort(
  { network }: Platform,
  what: string,
  address: SocketAddress,
  isHttp: boolean,
): Promise<Finding> {
  const shown = formatSocketAddress(address);
  const check = `${what} port`;
  try {
    await (await network.listen(address, (socket) => socket.destroy())).close();
    return fine(check, `${shown} is free`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code !== 'EADDRINUSE') {
      const remedy = 'Choose an address of this machine and a port above 1023.';
      return trouble('fail', check, `cannot listen on ${shown} (${code})`, remedy);
    }
    if (!isHttp) return fine(check, `${shown} is taken; see the broker's check for by whom`);
    const answer = await askHealth(`http://${shown}/health/ready`, 2_000).catch(() => undefined);
    if (answer?.status === 200) return fine(check, `${shown} is a Drave that is ready`);
    const told = answer ? `answers, but is not ready: ${answer.message}` : 'is taken by a stranger';
    const remedy = answer ? 'See what is down.' : `End it or choose another port.`;
    return trouble('warn', check, `${shown} ${told}`, remedy);
  }
}
