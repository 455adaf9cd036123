import { readIfExists, writeWhole } from '../../lib/files.ts'
import { exitCodes, ProblemError } from '../../lib/problems.ts'
import type { Emulator } from './emulator.ts'
import { checkKeyPair, type KeyPair } from './owner.ts'

/** Not `SCW_…`: the key of a real account must never be taken by accident. */
const variables = { accessKey: 'EMULATOR_ACCESS_KEY', secretKey: 'EMULATOR_SECRET_KEY' } as const

const header = "# Owner's key of the Scaleway emulator. It opens nothing at Scaleway."

/**
 * The owner's key from the environment, else from an earlier env file, so that a restart keeps the key.
 * Never from the command line, where other users of the machine can read it.
 *
 * @throws ProblemError `OWNER_KEY_INCOMPLETE`, `OWNER_KEY_MALFORMED`, `ENV_FILE_FOREIGN`
 */
export async function readOwnerKey(
  env: Readonly<Record<string, string | undefined>>,
  envFile: string,
): Promise<KeyPair | undefined> {
  const given = { accessKey: env[variables.accessKey], secretKey: env[variables.secretKey] }
  const where = given.accessKey || given.secretKey ? Object.values(variables).join(', ') : envFile
  const text = await readIfExists(envFile)
  refuseForeign(envFile, text)
  const pair = given.accessKey || given.secretKey ? given : keysOf(text)
  if (!pair) return undefined
  const { accessKey, secretKey } = pair
  if (!accessKey || !secretKey)
    throw new ProblemError(
      {
        code: 'OWNER_KEY_INCOMPLETE',
        where,
        message: `only one half of the owner's key is there. Expected the access key and the secret key.`,
        fix: 'Give both, or neither: a pair is then generated.',
      },
      exitCodes.usage,
    )
  checkKeyPair({ accessKey, secretKey }, where)
  return { accessKey, secretKey }
}

/**
 * A file for `set -a; . file`, mode 0600.
 *
 * @throws ProblemError `ENV_FILE_FOREIGN`: a file we did not write is never overwritten.
 */
export async function writeEnvFile(path: string, { url, owner }: Pick<Emulator, 'url' | 'owner'>): Promise<void> {
  refuseForeign(path, await readIfExists(path))
  const lines = [
    header,
    `SCW_API_URL=${url}`,
    `SCW_ACCESS_KEY=${owner.accessKey}`,
    `SCW_SECRET_KEY=${owner.secretKey}`,
    `SCW_DEFAULT_ORGANIZATION_ID=${owner.organizationId}`,
    `SCW_DEFAULT_PROJECT_ID=${owner.organizationId}`,
    'SCW_DEFAULT_REGION=fr-par',
  ]
  await writeWhole(path, `${lines.join('\n')}\n`, 0o600)
}

// --- internal ---

function refuseForeign(path: string, text: string | undefined): void {
  if (text === undefined || text === '' || text.startsWith(header)) return
  throw new ProblemError(
    {
      code: 'ENV_FILE_FOREIGN',
      where: path,
      message: 'is a file the emulator did not write. Expected no file, or one of its own.',
      fix: 'Choose another place with `--key-file <file>`.',
    },
    exitCodes.usage,
  )
}

function keysOf(text: string | undefined): Partial<KeyPair> | undefined {
  if (text === undefined) return undefined
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim()
  const accessKey = value('SCW_ACCESS_KEY')
  const secretKey = value('SCW_SECRET_KEY')
  return { ...(accessKey && { accessKey }), ...(secretKey && { secretKey }) }
}
