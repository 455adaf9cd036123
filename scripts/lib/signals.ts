/**
 * Signals that abort with others or after a time. Not `AbortSignal.any` and `AbortSignal.timeout`: in Node 20 to 26 what they
 * return may never abort, because nothing keeps the inner signal from being collected.
 * Source: nodejs/node, issues 57736 and 65995.
 */
export interface OwnSignal extends Disposable {
  readonly signal: AbortSignal
}

/** A time limit. Dispose it when what it limits has ended: its timer keeps the process alive. */
export interface TimeLimit extends OwnSignal {
  /** The time was up before the other signal aborted. */
  readonly isOver: boolean
}

/** Aborts as soon as one of them does, with its reason. */
export function firstOf(...signals: readonly (AbortSignal | undefined)[]): OwnSignal {
  const controller = new AbortController()
  const listeners = signals.flatMap((signal) => {
    if (!signal) return []
    const listen = () => controller.abort(signal.reason)
    if (signal.aborted) listen()
    signal.addEventListener('abort', listen, { once: true })
    return [() => signal.removeEventListener('abort', listen)]
  })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const remove of listeners) remove()
    },
  }
}

/** Aborts after so many milliseconds, or with another signal. */
export function timeLimit(ms: number, other?: AbortSignal): TimeLimit {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`not done within ${ms / 1000} s`)), ms)
  const both = firstOf(other, late.signal)
  return {
    signal: both.signal,
    get isOver() {
      return both.signal.aborted && both.signal.reason === late.signal.reason
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      both[Symbol.dispose]()
    },
  }
}
