// The Java client in the versions asked for: jars through Maven into the cache, and Foreign.java run with them as a single source file.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Absent, run, stepsOf, type Foreign, type Run } from './step.ts';

/** The newest release of each line. `kafka-tools` and what it needs bring the client of its own version. */
const releases = {
  '3.9': { version: '3.9.1', artifacts: ['kafka-clients'], folder: 'kafka-clients' },
  '4.1': { version: '4.1.2', artifacts: ['kafka_2.13', 'kafka-tools'], folder: 'kafka' },
} as const;
/** These programs are short. */
const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** The client of the line, driven by Foreign.java. */
export function javaClient(line: keyof typeof releases): Foreign {
  return async (bootstrap) => {
    const program = join(import.meta.dirname, 'java', 'Foreign.java');
    return stepsOf(await java(line, [program, bootstrap, line]));
  };
}

/** Runs `java` with the jars of a line. */
export async function java(
  line: keyof typeof releases,
  args: readonly string[],
  input?: string,
): Promise<Run> {
  const classPath = join(await jars(line), '*');
  return run('java', [...jvm, '-cp', classPath, ...args], input === undefined ? {} : { input });
}

async function jars(line: keyof typeof releases): Promise<string> {
  const { version, artifacts, folder } = releases[line];
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const directory = join(cache, 'drave', `${folder}-${version}`);
  const target = join(directory, 'libs');
  const wanted = `${artifacts[0]}-${version}.jar`;
  if (existsSync(target) && readdirSync(target).includes(wanted)) return target;
  mkdirSync(directory, { recursive: true });
  const pom = join(directory, 'pom.xml');
  writeFileSync(pom, projectFile(artifacts, version));
  process.stderr.write(`fetching ${artifacts.join(', ')} ${version} with Maven\n`);
  const goal = 'dependency:copy-dependencies';
  const fetched = await run('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${target}`]);
  if (fetched.code !== 0) throw new Absent(`Maven could not fetch its jars: ${fetched.stdout}`);
  return target;
}

function projectFile(artifacts: readonly string[], version: string): string {
  const dependencies = artifacts.map(
    (artifact) =>
      `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>drave</groupId><artifactId>foreign</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>\n`;
}
