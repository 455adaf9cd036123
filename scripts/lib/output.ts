import { lines, type Printable, painted } from './printable.ts'

/** What is shown, and how it is laid out in the columns of a terminal. Without a terminal they are undefined: any number. */
export type Shown = Printable | ((columns: number | undefined) => Printable)

/** The output of a command. Foreign text never gets there unescaped: the types enforce it, and so does `output`. */
export interface Output {
  /** The result. */
  out(text: Shown): void
  /** One line of progress or explanation; goes to standard error. */
  log(line: string, options?: LineOptions): void
  /** Tables and problems beside the result; goes to standard error. */
  tell(text: Shown): void
  /** Standard error is a terminal: progress may overwrite its own line. */
  readonly isTerminal: boolean
}

export interface LineOptions {
  /** On a terminal the line before is erased first. Default: false */
  readonly isUpdate?: boolean
}

type Stream = Pick<NodeJS.WritableStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number }

type Environment = Readonly<Record<string, string | undefined>>

/** The output of a process; the only access to it. Each stream is judged by itself: one of them may be a file. */
export function output(stdout: Stream, stderr: Stream, env: Environment): Output {
  const isTerminal = stderr.isTTY === true
  return {
    out: (text) => show(text, stdout, env),
    log(line, { isUpdate = false } = {}) {
      stderr.write(`${isUpdate && isTerminal ? eraseLine : ''}${lines(line)}`)
    },
    tell: (text) => show(text, stderr, env),
    isTerminal,
  }
}

/**
 * Whether a stream is shown in colour. `FORCE_COLOR` decides, even without a terminal: `0` and `false` are no. Then
 * `NO_COLOR`, with anything in it, is no. Else a terminal is, unless it calls itself dumb.
 */
export function hasColour(stream: Pick<Stream, 'isTTY'>, { FORCE_COLOR, NO_COLOR, TERM }: Environment): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return stream.isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb'
}

// --- internal ---

/** Moves up one line and erases it: a line always ends with a line break. */
const eraseLine = '\u001b[1A\u001b[2K'

function show(shown: Shown, stream: Stream, env: Environment): void {
  const text = typeof shown === 'function' ? shown(columnsOf(stream)) : shown
  stream.write(painted(text, hasColour(stream, env)))
}

/** Asked at each text, as a window may change. A terminal that does not know its size says 0. */
function columnsOf({ isTTY, columns = 0 }: Stream): number | undefined {
  return isTTY === true && columns > 0 ? columns : undefined
}
