import { document, lines, type Printable } from './printable.ts'

/** The output of a command. Foreign text never gets there unescaped: the types enforce it, and so does `output`. */
export interface Output {
  /** The result. */
  out(text: Printable): void
  /** One line of progress or explanation; goes to standard error. */
  log(line: string, options?: LineOptions): void
  /** Tables and problems beside the result; goes to standard error. */
  tell(text: Printable): void
  /** Standard error is a terminal: progress may overwrite its own line. */
  readonly isTerminal: boolean
}

export interface LineOptions {
  /** On a terminal the line before is erased first. Default: false */
  readonly isUpdate?: boolean
}

type Stream = Pick<NodeJS.WritableStream, 'write'> & { readonly isTTY?: boolean }

/** The output of a process; the only access to it. */
export function output(stdout: Stream, stderr: Stream): Output {
  const isTerminal = stderr.isTTY === true
  return {
    out: (text) => void stdout.write(document(text)),
    log(line, { isUpdate = false } = {}) {
      stderr.write(`${isUpdate && isTerminal ? eraseLine : ''}${lines(line)}`)
    },
    tell: (text) => void stderr.write(document(text)),
    isTerminal,
  }
}

// --- internal ---

/** Moves up one line and erases it: a line always ends with a line break. */
const eraseLine = '\u001b[1A\u001b[2K'
