import { type FileHandle, open } from 'node:fs/promises'
import type { CommandIo } from '../lib/command.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { checkedKey, type KeyPair, parseApiKey } from './api-key.ts'

/** Variables for a program that gives a key; arguments are readable by every user of the machine. */
export const keyVariables = { accessKey: 'TIERED_SECRETS_ACCESS_KEY', secretKey: 'TIERED_SECRETS_SECRET_KEY' } as const

/**
 * The key a person or a program gives: from the file, else from the two variables, else from standard input, where a
 * person is asked.
 *
 * @param from path of a file that only its owner can read
 * @throws ProblemError as `parseApiKey`, `KEY_FILE_OPEN_TO_OTHERS`, `KEY_FILE_UNREADABLE`
 */
export async function readApiKey(from: string | undefined, { env, input }: Pick<CommandIo, 'env' | 'input'>) {
  if (from !== undefined) return parseApiKey(await readPrivateFile(from), from)
  const { accessKey, secretKey } = keyVariables
  if (env[accessKey] || env[secretKey])
    return checkedKey(
      { accessKey: env[accessKey] ?? '', secretKey: env[secretKey] ?? '' },
      `${accessKey} and ${secretKey}`,
    )
  if (input.isTerminal) return ask(input)
  return parseApiKey(await input.read(), 'standard input')
}

// --- internal ---

async function ask(input: CommandIo['input']): Promise<KeyPair> {
  const accessKey = await input.ask('Access key (SCW…): ')
  const secretKey = await input.ask('Secret key (not shown): ', { hidden: true })
  return checkedKey({ accessKey, secretKey }, 'the terminal')
}

/** The mode is that of the opened file, so that nobody can put another one in its place in between. */
async function readPrivateFile(path: string): Promise<string> {
  const file = await openOrProblem(path)
  try {
    const stats = await file.stat()
    if (!stats.isFile() && !stats.isFIFO()) throw new ProblemError(unreadable(path, 'it is no file'))
    if ((stats.mode & 0o077) !== 0) throw new ProblemError(openToOthers(path, stats.mode))
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function openOrProblem(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new ProblemError(
      unreadable(path, code === 'ENOENT' ? 'there is no such file' : `it can't be opened (${code})`),
    )
  }
}

function unreadable(path: string, fact: string): Problem {
  return {
    code: 'KEY_FILE_UNREADABLE',
    where: path,
    message: `${fact}. Expected a file with a Scaleway API key.`,
    fix: 'Correct the path given to --from, or pipe the key into standard input.',
  }
}

function openToOthers(path: string, mode: number): Problem {
  return {
    code: 'KEY_FILE_OPEN_TO_OTHERS',
    where: path,
    message: `has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: other users of this machine may read the key. Expected 0600.`,
    fix: `Run \`chmod 600 '${path}'\`, and replace the key if somebody may have read it.`,
  }
}
