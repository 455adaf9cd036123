import type { CommandIo } from '../../lib/command.ts'

export type ProgressIo = Pick<CommandIo, 'log' | 'isTerminal'>

export interface Progress extends Disposable {
  /** The current step, such as `downloading modules`. Shown with the elapsed time. */
  phase(text: string): void
  /** How far that is: a bar with the time that is left, instead of the time that is over. */
  count(done: number, total: number): void
  /** The last line, which replaces the one that was shown. */
  end(text: string): void
}

/**
 * Shows on standard error that something long is in progress. On a terminal it is one line that updates itself; elsewhere
 * nothing but the last line, so that a log is not flooded. Nothing changes any more once it is disposed.
 */
export function startProgress(name: string, io: ProgressIo): Progress {
  const started = Date.now()
  let phase = 'building'
  let counted: { readonly since: number; done: number; total: number } | undefined
  let shown = false
  const log = (line: string) => {
    io.log(line, { isUpdate: shown })
    shown = true
  }
  const show = () => {
    const now = Date.now()
    if (counted) log(barLine(name, { ...counted, elapsedMs: now - counted.since }))
    else log(`${name}: ${phase}, ${duration(now - started)}`)
  }
  const timer = io.isTerminal ? setInterval(show, 1000) : undefined
  timer?.unref()
  return {
    phase(text) {
      phase = text
      counted = undefined
    },
    count(done, total) {
      counted = { since: counted?.since ?? Date.now(), done, total }
    },
    end(text) {
      clearInterval(timer)
      log(text)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}

export interface Count {
  readonly done: number
  readonly total: number
  /** Since the first one was counted. */
  readonly elapsedMs: number
}

/**
 * `helm: [#######-------------] 412 of 1204 packages, about 50 s left`, in less than 80 columns: a terminal breaks
 * a longer line in two, and only one of them would be taken back.
 */
export function barLine(name: string, count: Count): string {
  const { done, total } = count
  const left = timeLeft(count)
  const counts = `${done} of ${total} packages${left === undefined ? '' : `, about ${left} left`}`
  const width = Math.min(30, maxWidth - `${name}: [] ${counts}`.length)
  if (width < 4) return `${name}: ${counts}`
  const full = Math.floor((width * Math.min(done, total)) / total)
  return `${name}: [${'#'.repeat(full)}${'-'.repeat(width - full)}] ${counts}`
}

/** `45 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 100) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

// --- internal ---

const maxWidth = 79

/** As long for each of those to come as for each of those before; not told before that means anything. */
function timeLeft({ done, total, elapsedMs }: Count): string | undefined {
  if (done >= total || elapsedMs < 3000 || done < total / 20) return undefined
  const ms = (elapsedMs / done) * (total - done)
  return duration(Math.ceil(ms / 5000) * 5000)
}
