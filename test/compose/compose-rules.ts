// What docker-compose.yml must hold, as a function from the file to its faults, so that a test can show each rule failing.
// Protects: nothing is published beyond this machine, nothing runs as root or writes to its image, every command line and every
// environment variable is one that the product knows.

import * as contracts from '@drave/contracts';
import type { Command } from 'commander';
import { draveProgram } from '../../apps/cli/src/main.js';
import type { ComposeFile, Service } from './compose-file.js';

/** One sentence per fault. */
export function composeFaults({ services, volumes, networks }: ComposeFile): string[] {
  return Object.entries(services).flatMap(([name, service]) =>
    [
      ...hardeningFaults(service),
      ...reachFaults(service, Object.keys(networks)),
      ...orderFaults(service, services),
      ...volumeFaults(service, Object.keys(volumes)),
      ...(isOurs(service) ? commandFaults(service) : []),
    ].map((fault) => `${name}: ${fault}`),
  );
}

/** Runs our image. */
export function isOurs({ image }: Service): boolean {
  return image?.startsWith('drave:') ?? false;
}

function hardeningFaults(service: Service): string[] {
  const { healthcheck, image = '' } = service;
  const rules: [boolean, string][] = [
    [/^[^:]+:(?!latest$).+$/.test(image), 'its image has no fixed tag'],
    [service.init === true, 'no init process reaps and forwards signals'],
    [service.read_only === true, 'its root file system can be written'],
    [service.tmpfs?.includes('/tmp') ?? false, '/tmp cannot be written'],
    [!/^(?:|root|0)(?::|$)/.test(service.user ?? ''), 'it runs as root'],
    [service.cap_drop?.includes('ALL') ?? false, 'it keeps capabilities'],
    [service.security_opt?.includes('no-new-privileges:true') ?? false, 'it may gain privileges'],
    [/^\d+s$/.test(service.stop_grace_period ?? ''), 'no time to stop gracefully'],
    [service.restart === 'unless-stopped', 'it is not restarted'],
    [!!healthcheck?.test || healthcheck?.disable === true, 'no health check'],
  ];
  return rules.flatMap(([holds, fault]) => (holds ? [] : [fault]));
}

function reachFaults({ ports = [], networks = [] }: Service, known: readonly string[]): string[] {
  return [
    ...ports
      .filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))
      .map((port) => `port ${port} is published beyond 127.0.0.1`),
    ...(networks.length > 0 && networks.every((one) => known.includes(one))
      ? []
      : ['it is not on a network of its own']),
  ];
}

function orderFaults(service: Service, services: ComposeFile['services']): string[] {
  return Object.entries(service.depends_on ?? {}).flatMap(([name, { condition }]) => {
    const target = services[name];
    if (!target) return [`it waits for ${name}, which is not there`];
    if (condition !== 'service_healthy') return [`it does not wait until ${name} is healthy`];
    return target.healthcheck?.test ? [] : [`it waits for the health of ${name}, which has none`];
  });
}

function volumeFaults({ volumes: used = [] }: Service, known: readonly string[]): string[] {
  return used.flatMap((volume) => {
    const [source = '', , mode] = volume.split(':');
    if (source.startsWith('./')) return mode === 'ro' ? [] : [`${source} is mounted writable`];
    return known.includes(source) ? [] : [`volume ${source} is not declared`];
  });
}

function commandFaults(service: Service): string[] {
  const { command = [], environment = {}, healthcheck } = service;
  const [probe, program, ...probeLine] = healthcheck?.test ?? ['CMD', 'drave'];
  const asks = healthcheck?.test ? lineFaults(probeLine) : [];
  return [
    ...lineFaults(command),
    ...(probe === 'CMD' && program === 'drave' ? asks : ['its health check is not `drave health`']),
    ...Object.keys(environment)
      .filter((name) => !environmentNames().has(name))
      .map((name) => `nothing reads ${name}`),
  ];
}

/** Parses a command line as the product does, without running it. */
function lineFaults(line: readonly string[]): string[] {
  const program = draveProgram();
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    command.action(() => undefined);
  }
  try {
    program.parse([...line], { from: 'user' });
    return [];
  } catch (error) {
    return [`drave ${line.join(' ')}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Of the settings in the contracts and of the command line. */
function environmentNames(): ReadonlySet<string> {
  const { httpSettings, clusterSettings, logSettings } = contracts;
  const settings = [httpSettings, clusterSettings, logSettings].flatMap((table) =>
    Object.values<contracts.ProcessSetting>(table),
  );
  const options = everyCommand(draveProgram()).flatMap(({ options: ofOne }) =>
    ofOne.flatMap(({ envVar }) => envVar ?? []),
  );
  return new Set([...settings.map(({ env }) => env), ...options]);
}

function everyCommand(program: Command): Command[] {
  return program.commands.flatMap((command) => [command, ...everyCommand(command)]);
}
