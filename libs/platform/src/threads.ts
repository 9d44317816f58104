// Threads for long computations beside the event loop. Protects: whoever started a thread always hears of its end, once, whatever ended it;
// its heap has a bound of its own. A thread has a world of its own: it shares nothing but messages, the bytes in them, and the files.
// Leaves out: pools, queues, sharing work out: who starts a thread decides that.

export interface ThreadOptions {
  /** Of its JavaScript heap; beyond it the thread ends with an error, the process goes on. Bytes of buffers do not count. */
  readonly heapMiB: number;
  readonly onMessage: (message: unknown) => void;
  /** Called once, after the last message. undefined: it was told to end. */
  readonly onEnd: (error: Error | undefined) => void;
}

/** A thread as seen by who started it. */
export interface Thread {
  /** Messages arrive in order. What `transfer` names is no longer ours afterwards. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Ends it wherever it is; settles when nothing of it runs any more. */
  end(): Promise<void>;
}

export interface Threads {
  /** Runs the module at `url`, which takes its side with `threadPort()`. */
  start(url: URL, options: ThreadOptions): Thread;
}

/** A thread's own side. */
export interface ThreadPort {
  onMessage(callback: (message: unknown) => void): void;
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
}
