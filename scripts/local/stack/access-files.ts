import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { files } from './flags.ts'

/** A folder only this user can enter (mode 0700, what mkdtemp makes). */
export function makePrivateFolder(parent: string = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, 'tiered-secrets-'))
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

/**
 * Writes what the API server reads at its start: an administrator's token and the keys that sign service account tokens.
 *
 * @returns the administrator's token, good for this one control plane.
 */
export async function writeCredentials(folder: string): Promise<string> {
  const token = randomBytes(32).toString('hex')
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  await Promise.all([
    writePrivate(join(folder, files.tokens), `${token},admin,admin,"system:masters"\n`),
    writePrivate(join(folder, files.signingKey), privateKey),
    writePrivate(join(folder, files.verificationKey), publicKey),
  ])
  return token
}

export interface KubeconfigParts {
  readonly context: string
  readonly server: string
  /** PEM text. */
  readonly ca: string
  readonly token: string
}

/** JSON is YAML, so nothing needs quoting by hand. */
export function kubeconfigText({ context, server, ca, token }: KubeconfigParts): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    clusters: [
      { name: context, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: context, user: { token } }],
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

export async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
}

/** The certificate authority of a started API server; undefined until it has written one. */
export async function readCa(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, files.servingCertificate), 'utf8').catch(() => '')
  return text.includes('END CERTIFICATE') ? text : undefined
}
