import type { CommandIo } from '../../lib/command.ts'

export type ProgressIo = Pick<CommandIo, 'log' | 'isTerminal'>

export interface Progress extends Disposable {
  /** What is going on right now, such as `downloading modules`. Shown with the elapsed time. */
  phase(text: string): void
}

/**
 * Tells on standard error that something long is going on: on a terminal one line that updates itself,
 * elsewhere a line every 30 s, so that a log neither floods nor looks dead. Ends when disposed.
 */
export function startProgress(name: string, io: ProgressIo): Progress {
  const started = Date.now()
  let phase = 'building'
  let shown = false
  const show = () => {
    const still = io.isTerminal ? '' : 'still '
    io.log(`${name}: ${still}${phase}, ${duration(Date.now() - started)}`, { isUpdate: shown })
    shown = true
  }
  const timer = setInterval(show, io.isTerminal ? 1000 : 30_000)
  timer.unref()
  return {
    phase(text) {
      phase = text
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}

/** `45 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 100) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}
