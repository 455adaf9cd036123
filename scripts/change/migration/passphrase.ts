import { isStandardInput, type PrivateFile, readPrivateFile } from '../../lib/private-file.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import type { CommandInput } from '../../lib/terminal.ts'
import type { Person } from './migration-context.ts'

/**
 * The passphrase of the backup, asked for once, and only when it is needed: from a file, or typed without being shown, or
 * from standard input.
 *
 * @param file `-` is standard input
 */
export function passphraseOf(file: string | undefined, input: () => CommandInput): Person['passphrase'] {
  let known: Promise<string> | undefined
  return (purpose) => {
    known ??= read(file, input(), purpose).then((text) => checked(text, file, purpose))
    return known
  }
}

// --- internal ---

/** With a shorter one, guessing is too cheap, despite the cost that scrypt adds to each guess. */
const minLength = 12

const passphraseFile: PrivateFile = {
  code: 'PASSPHRASE_FILE',
  secret: 'the passphrase',
  content: 'a passphrase',
  fix: 'Correct the path given to --passphrase-file, or pipe the passphrase into standard input.',
  replace: 'choose another passphrase if somebody may have read it',
}

async function read(file: string | undefined, input: CommandInput, purpose: 'new' | 'open'): Promise<string> {
  if (file !== undefined && !isStandardInput(file))
    return (await readPrivateFile(file, passphraseFile)).toString('utf8')
  if (file !== undefined || !input.isTerminal) return input.read()
  const typed = await input.ask('Passphrase of the backup (not shown): ', { hidden: true })
  if (purpose === 'open') return typed
  const again = await input.ask('The same again: ', { hidden: true })
  if (typed === again) return typed
  throw new ProblemError(
    problem('PASSPHRASES_DIFFER', file, 'was typed differently the second time', 'the same text twice'),
  )
}

/** A line break at its end is not part of it. */
function checked(text: string, file: string | undefined, purpose: 'new' | 'open'): string {
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase === '') throw new ProblemError(problem('PASSPHRASE_MISSING', file, 'is empty', 'a passphrase'))
  const { length } = [...passphrase]
  if (purpose === 'new' && length < minLength)
    throw new ProblemError(
      problem('PASSPHRASE_SHORT', file, `has ${length} characters`, `${minLength} or more, such as four words`),
    )
  return passphrase
}

function problem(code: string, file: string | undefined, fact: string, expected: string): Problem {
  return {
    code,
    where: file === undefined || isStandardInput(file) ? 'the passphrase of the backup' : file,
    message: `${fact}. Expected ${expected}.`,
    fix: 'Type it at a terminal, pipe it into standard input, or name a file of mode 0600 with --passphrase-file.',
  }
}
