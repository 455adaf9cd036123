import type { TierModel } from '../../scripts/model/resolve.ts'
import type { AnyObject } from './admission-world.ts'

/** A credentials Secret as somebody writes it. */
export interface CredentialsObject extends AnyObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string | null>>
  readonly stringData?: Readonly<Record<string, string>>
}

export type CredentialsParts = Omit<CredentialsObject, 'metadata'>

/** What is refused, and what is let in; nothing else differs between the two. */
export interface CredentialsAttack {
  readonly rule: string
  readonly title: string
  readonly attack: CredentialsParts
  readonly twin: CredentialsParts
}

/** A key that is nobody's. No part of it may be in a refusal. */
export const accessKey = 'SCW7T4Q9Z0A5JX8NEB21'
export const secretKey = '5e0bc1f7-93ad-4c62-8b1d-f6a09d27e384'

/** The credentials Secret of a tier with these parts. */
export function credentialsOf(
  { namespace, credentialsSecret: name }: TierModel,
  parts: CredentialsParts = key(),
): CredentialsObject {
  return { metadata: { namespace, name }, ...parts }
}

const access = (text: string, twin = accessKey) =>
  ['CREDENTIALS_ACCESS_KEY', key(text, secretKey), key(twin, secretKey)] as const
const secret = (text: string, twin = secretKey) =>
  ['CREDENTIALS_SECRET_KEY', key(accessKey, text), key(accessKey, twin)] as const
const { data } = key()

const attacks: Readonly<Record<string, readonly [rule: string, attack: CredentialsParts, twin: CredentialsParts]>> = {
  'a line break after the secret key': secret(`${secretKey}\n`),
  'a line break of Windows after the secret key': secret(`${secretKey}\r\n`),
  'a line break in place of the last character': secret(`${secretKey.slice(0, -1)}\n`),
  'a line break before the secret key': secret(`\n${secretKey}`),
  'a space after the secret key': secret(`${secretKey} `),
  'a secret key that is cut off': secret(secretKey.slice(0, 30)),
  'a secret key in quotes': secret(`"${secretKey}"`),
  'a secret key without hyphens': secret(secretKey.replaceAll('-', '')),
  'a secret key with a letter that is not hexadecimal': secret(secretKey.replace('f', 'g'), secretKey.toUpperCase()),
  'a secret key twice': secret(secretKey + secretKey),
  'a secret key of a megabyte': secret(secretKey.repeat(28_000)),
  'an empty secret key': secret(''),
  'a line break after the access key': access(`${accessKey}\n`),
  'a line break in place of the last character of the access key': access(`${accessKey.slice(0, -1)}\n`),
  'a zero byte after the access key': access(`${accessKey}\0`),
  'a space before the access key': access(` ${accessKey}`),
  'an access key in lowercase': access(accessKey.toLowerCase()),
  'an access key with a sign in it': access(accessKey.replace('Q', '_'), accessKey.replace('Q', 'Z')),
  'an access key with another beginning': access(accessKey.replace('SCW', 'SCX')),
  'an access key that is cut off': access(accessKey.slice(0, 19)),
  'the two halves swapped': ['CREDENTIALS_ACCESS_KEY', key(secretKey, accessKey), key()],
  'a secret key that is not text': [
    'CREDENTIALS_SECRET_KEY',
    { data: { ...data, 'secret-key': Buffer.alloc(36, 0xe9).toString('base64') } },
    key(),
  ],
  'an access key that is not text': [
    'CREDENTIALS_ACCESS_KEY',
    { data: { ...data, 'access-key': Buffer.alloc(20, 0xe9).toString('base64') } },
    key(),
  ],
  'a secret key of null': ['CREDENTIALS_SECRET_KEY', { data: { ...data, 'secret-key': null } }, key()],
  'a line break, in text that the API server encodes': [
    'CREDENTIALS_SECRET_KEY',
    { stringData: { 'access-key': accessKey, 'secret-key': `${secretKey}\n` } },
    { stringData: { 'access-key': accessKey, 'secret-key': secretKey } },
  ],
  'a line break, in text over what is right': [
    'CREDENTIALS_SECRET_KEY',
    { data: data ?? {}, stringData: { 'secret-key': `${secretKey}\n` } },
    { data: data ?? {}, stringData: { 'secret-key': secretKey } },
  ],
  'a third key': ['CREDENTIALS_KEYS', { data: { ...data, [secretKey]: base64(secretKey) } }, key()],
  'a third key, in text': ['CREDENTIALS_KEYS', { data: data ?? {}, stringData: { note: secretKey } }, key()],
  'one half alone': ['CREDENTIALS_KEYS', { data: { 'secret-key': base64(secretKey) } }, key()],
  'other names': ['CREDENTIALS_KEYS', { data: { accessKey: base64(accessKey), secretKey: base64(secretKey) } }, key()],
  'no data': ['CREDENTIALS_KEYS', {}, key()],
  'another type': ['CREDENTIALS_TYPE', { ...key(), type: `example.com/${secretKey}` }, { ...key(), type: 'Opaque' }],
}

export const credentialsAttacks: readonly CredentialsAttack[] = Object.entries(attacks).map(
  ([title, [rule, attack, twin]]) => ({ title, rule, attack, twin }),
)

/** What of the key is in a text, as it is or in base64. */
export function leaked(text: string): string[] {
  const parts = [
    accessKey.slice(3),
    secretKey.slice(0, 30),
    base64(secretKey).slice(0, 40),
    base64(accessKey).slice(0, 24),
  ]
  return parts.filter((part) => text.toLowerCase().includes(part.toLowerCase()))
}

// --- internal ---

function key(access = accessKey, secret = secretKey): CredentialsParts {
  return { data: { 'access-key': base64(access), 'secret-key': base64(secret) } }
}

function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64')
}
