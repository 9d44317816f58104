// Settings of a process rather than of a cluster, by environment variable. Protects: each is described once; the mains, the drave
// command and the documentation take the name and the sentence from here. Leaves out: how texts are parsed, command-line syntax.

export interface ProcessSetting {
  /** Name of the environment variable. */
  readonly env: string;
  /** Text used when it is not given; absent: nothing. */
  readonly default?: string;
  readonly sentence: string;
  /** A secret: not taken from the command line, where every user of the machine reads it. */
  readonly isSecret?: boolean;
}

/** Of every HTTP side. */
export const httpSettings = Object.freeze({
  allowHosts: {
    env: 'DRAVE_ALLOW_HOSTS',
    default: '',
    sentence: 'host names HTTP answers to besides localhost, comma-separated',
  },
  insecureListen: {
    env: 'DRAVE_INSECURE_LISTEN',
    default: 'false',
    sentence: 'true: may listen beyond loopback without a password or token',
  },
  tokens: {
    env: 'DRAVE_TOKENS',
    sentence: 'tokens HTTP asks for, comma-separated; read-only:TOKEN may read only',
    isSecret: true,
  },
  tokensFile: {
    env: 'DRAVE_TOKENS_FILE',
    sentence: 'file with such tokens, one a line',
  },
  readOnly: {
    env: 'DRAVE_READ_ONLY',
    default: 'false',
    sentence: 'true: HTTP changes nothing, whoever asks',
  },
} satisfies Readonly<Record<string, ProcessSetting>>);
