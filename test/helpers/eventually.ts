import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** It is for what never comes, not for a busy machine. Default: 60,000. */
  readonly timeoutMs?: number
  /** Default: 50. */
  readonly pollMs?: number
}

/** Waits until a value fits; tells the last one seen when time is up. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  fits: (value: T) => boolean,
  { timeoutMs = 60_000, pollMs = 50 }: EventuallyOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (fits(value)) return value
    if (Date.now() > deadline) {
      throw new Error(`still not so after ${timeoutMs} ms; the last value seen is ${JSON.stringify(value)}`)
    }
    await sleep(pollMs)
  }
}
