// The drave command: parses arguments and turns failures into one sentence and an exit code.
// Protects: an expected failure never prints a stack; exit code 0 only when the command did what it says.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { KafkaError } from '@drave/contracts';
import { withOutput } from './common-options.js';
import { appCommand } from './commands/app.js';
import { clusterCommand } from './commands/cluster.js';
import { consumeCommand } from './commands/consume.js';
import { delayedCommand } from './commands/delayed.js';
import { dlqCommand } from './commands/dlq.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { groupCommand } from './commands/group.js';
import { healthCommand } from './commands/health.js';
import { processorCommand } from './commands/processor.js';
import { logCommand } from './commands/log.js';
import { produceCommand } from './commands/produce.js';
import { startCommand } from './commands/start.js';
import { topicCommand } from './commands/topic.js';
import { CommandError, type OutputFormat, print, printJson } from './output.js';

/** The whole command line; for those who check command lines elsewhere. */
export function draveProgram(): Command {
  const program = new Command('drave')
    .description('Kafka-compatible event log and actor stream processor')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the options)');
  for (const command of [
    startCommand(),
    demoCommand(),
    processorCommand(),
    topicCommand(),
    produceCommand(),
    consumeCommand(),
    groupCommand(),
    clusterCommand(),
    appCommand(),
    dlqCommand(),
    delayedCommand(),
    logCommand(),
    healthCommand(),
    doctorCommand(),
    versionCommand(),
  ]) {
    program.addCommand(command);
  }
  for (const command of [...program.commands, ...program.commands.flatMap((c) => c.commands)]) {
    command.exitOverride();
  }
  return program;
}

/** Runs one command line (without the program's name) and sets the process' exit code. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const program = draveProgram();
  process.stdout.on('error', onOutputError);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

// A reader that has seen enough (`drave … | head`) closes the pipe; that is no failure.
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function versionCommand(): Command {
  return withOutput(new Command('version').description('versions of drave and of Node')).action(
    (options: { readonly output: OutputFormat }) => {
      const drave = readVersion();
      if (options.output === 'json') printJson({ drave, node: process.versions.node });
      else print(`drave ${drave} (Node ${process.versions.node})`);
    },
  );
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function report(error: unknown): number {
  // Commander has printed its own message by now; asking for help is no failure.
  if (error instanceof CommanderError) return error.exitCode;
  const message = error instanceof Error ? error.message : String(error);
  const expected =
    error instanceof CommandError ||
    error instanceof KafkaError ||
    (error instanceof Error && 'code' in error && error.code !== 'ERR_DRAVE_ASSERTION');
  process.stderr.write(`drave: ${expected || !(error instanceof Error) ? message : error.stack}\n`);
  return error instanceof CommandError ? error.exitCode : 1;
}
