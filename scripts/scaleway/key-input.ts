import type { CommandIo } from '../lib/command.ts'
import { isStandardInput, type PrivateFile, readPrivateFile } from '../lib/private-file.ts'
import { checkedKey, type KeyPair, parseApiKey } from './api-key.ts'

/** Variables for a program that passes a key; arguments are readable by every user of the machine. */
export const keyVariables = { accessKey: 'TIERED_SECRETS_ACCESS_KEY', secretKey: 'TIERED_SECRETS_SECRET_KEY' } as const

/**
 * The key that a person or a program gives: from the file, else from the two variables, else from standard input, where a
 * person is asked.
 *
 * @param from path of a file that only its owner can read
 * @throws ProblemError as `parseApiKey`, `KEY_FILE_OPEN_TO_OTHERS`, `KEY_FILE_UNREADABLE`
 */
export async function readApiKey(
  from: string | undefined,
  { env, input, log }: Pick<CommandIo, 'env' | 'input' | 'log'>,
) {
  if (from !== undefined && !isStandardInput(from)) {
    return parseApiKey((await readPrivateFile(from, keyFile)).toString('utf8'), from)
  }
  const { accessKey, secretKey } = keyVariables
  if (from === undefined && (env[accessKey] || env[secretKey])) {
    const place = `${accessKey} and ${secretKey}`
    log(`the key is read from ${place}`)
    return checkedKey({ accessKey: env[accessKey] ?? '', secretKey: env[secretKey] ?? '' }, place)
  }
  if (input.isTerminal) return ask(input)
  return parseApiKey(await input.read(), 'standard input')
}

// --- internal ---

const keyFile: PrivateFile = {
  code: 'KEY_FILE',
  secret: 'the key',
  content: 'a Scaleway API key',
  fix: 'Correct the path given to --from, or pipe the key into standard input.',
  replace: 'replace the key if somebody may have read it',
}

async function ask(input: CommandIo['input']): Promise<KeyPair> {
  const accessKey = await input.ask('Access key (SCW…): ')
  if (accessKey.trim() === '') return parseApiKey('', 'the terminal')
  const secretKey = await input.ask('Secret key (not shown): ', { hidden: true })
  return checkedKey({ accessKey, secretKey }, 'the terminal')
}
