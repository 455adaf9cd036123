import { setMaxListeners } from 'node:events'

export interface InterruptionOptions {
  /** Passes on the signals of this process. */
  on(signal: Interrupting, listener: () => void): void
  /** One line for whoever interrupts. */
  log(line: string): void
  /** What the command leaves when it is ended at once, a few words without a final period. Undefined: nothing worth a word */
  left(): string | undefined
  /** Ends this process at once. */
  end(): void
  /** Milliseconds, from any point in time. Default: `performance.now` */
  now?(): number
}

export interface Interruption {
  /** Aborted by the first interruption, with its name as the reason. */
  readonly signal: AbortSignal
  /** As a signal of that name does. */
  interrupt(name: Interrupting): void
}

export type Interrupting = (typeof interrupting)[number]

const interrupting = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The first interruption lets the command end in order: it gives back what it holds, and stops what it started. The
 * second one ends it at once. A signal that comes right after another is the same one: at a Ctrl-C the terminal signals npm
 * and us, and npm passes it on to us.
 */
export function interruption({ on, log, left, end, now = () => performance.now() }: InterruptionOptions): Interruption {
  const controller = new AbortController()
  // Every request in progress listens to it.
  setMaxListeners(0, controller.signal)
  let since: number | undefined
  const interrupt = (name: Interrupting) => {
    if (since === undefined) {
      since = now()
      controller.abort(name)
      setTimeout(() => log('interrupted: ending in order; Ctrl-C once more ends it at once'), patienceMs).unref()
    } else if (now() - since > sameMs) {
      const what = left()
      log(what === undefined ? 'ended at once' : `ended at once: ${what}`)
      end()
    }
  }
  for (const name of interrupting) on(name, () => interrupt(name))
  return { signal: controller.signal, interrupt }
}

// --- internal ---

const sameMs = 500
const patienceMs = 3_000
