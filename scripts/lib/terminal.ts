import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { oneLine } from './printable.ts'

/** Standard input, for a command that reads it or asks questions. */
export interface CommandInput {
  /** It is a terminal: nothing is piped in. */
  readonly isTerminal: boolean
  /** Everything that is piped in; text beyond `maxLength` characters is cut off. Default: 65,536 */
  read(maxLength?: number): Promise<string>
  /** One line typed at the terminal, empty at Ctrl-D. `hidden` shows nothing of it. */
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string>
}

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }

export interface CommandInputOptions {
  /** Ends a question that waits for an answer. */
  readonly signal: AbortSignal
  /** Called at Ctrl-C, which a terminal does not turn into a signal while a question is open. */
  interrupt(): void
}

/**
 * @param input standard input
 * @param output where questions go; standard error, because standard output is for the result
 */
export function commandInput(
  input: Input,
  output: NodeJS.WritableStream,
  { signal, interrupt }: CommandInputOptions,
): CommandInput {
  const ahead: TypedAhead = { lines: [], begun: '' }
  return {
    isTerminal: input.isTTY === true,
    read: (maxLength = 64 * 1024) => readAll(input, maxLength),
    ask: (question, { hidden = false } = {}) =>
      new Promise((resolve, reject) => {
        const asked = oneLine(question)
        const next = ahead.lines.shift()
        if (next !== undefined) {
          output.write(`${asked}\n`)
          resolve(next)
          return
        }
        let isMuted = hidden
        const shown = new Writable({
          write(chunk, _encoding, done) {
            if (!isMuted) output.write(chunk)
            done()
          },
        })
        const lines = createInterface({ input, output: shown, terminal: true, historySize: 0 })
        // Not before the interface exists: until then the terminal itself shows what is typed.
        output.write(asked)
        let ended = false
        const end = (settle: () => void) => {
          if (ended) return
          ended = true
          signal.removeEventListener('abort', abort)
          // Text pasted after the answer arrives at once, and belongs to the next question, which may be a hidden one.
          isMuted = true
          lines.on('line', (line) => ahead.lines.push(line))
          queueMicrotask(() => {
            ahead.begun = lines.line
            lines.removeAllListeners('line').close()
            if (hidden) output.write('\n')
            settle()
          })
        }
        const abort = () => end(() => reject(signal.reason))
        signal.addEventListener('abort', abort)
        lines.once('line', (line) => end(() => resolve(line)))
        lines.once('close', () => end(() => resolve('')))
        lines.once('SIGINT', interrupt)
        lines.write(ahead.begun)
        ahead.begun = ''
      }),
  }
}

// --- internal ---

/** What was pasted together with an answer: whole lines, and the beginning of one. */
interface TypedAhead {
  readonly lines: string[]
  begun: string
}

async function readAll(input: NodeJS.ReadableStream, maxLength: number): Promise<string> {
  let text = ''
  for await (const chunk of input.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > maxLength) return text.slice(0, maxLength)
  }
  return text
}
