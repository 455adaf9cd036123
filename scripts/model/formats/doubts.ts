import type { FormatDefinition } from './definition.ts'
import { isExampleName, isExampleSecret, isPlaceholder, isPortWord, isUrlWord } from './placeholders.ts'
import { hasReference, isEncrypted, isReference, referenceInUrl } from './references.ts'
import { blank, type UrlParts, urlParts } from './url-parts.ts'

/** Why a value that fits its format is probably not the one that is meant. */
export interface Doubt {
  readonly kind: 'placeholder' | 'reference' | 'encrypted' | 'quoted' | 'escaped' | 'passphrase' | 'unencoded'
  /** Completes the name of the entry, without any part of the value and without a final period. */
  readonly fact: string
  /** Completes "Expected …". */
  readonly expected: string
}

/**
 * What a person would want to see again before it is used: it arrives as it is, and a workload that gets it fails, or
 * runs with what everybody knows. Nothing is refused for it, because a real value may look the same.
 *
 * @param value fits the format
 */
export function doubtsAbout({ doubts: where }: Pick<FormatDefinition, 'doubts'>, value: string): Doubt[] {
  if (where === 'none') return isEncryptedKey(value) ? [passphrase] : []
  const text = value.trim()
  const isOne = where !== 'text' || !/[\r\n]/.test(text)
  return [
    ...(isOne && isQuoted(text) ? [quoted] : []),
    ...(isEncrypted(text) ? [encrypted] : []),
    ...(/-----BEGIN [^\n]*\\n/.test(value) ? [escaped] : []),
    ...(isOne ? (where === 'url' ? urlDoubts(text) : plainDoubts(where, text)) : []),
  ]
}

// --- internal ---

const quoted: Doubt = {
  kind: 'quoted',
  fact: 'begins and ends with a quote, which becomes a part of it',
  expected: 'the value without the quotes that JSON, YAML or a shell puts around it',
}

const encrypted: Doubt = {
  kind: 'encrypted',
  fact: 'is encrypted, and nothing on the way to the workload decrypts it',
  expected: 'the value itself',
}

const escaped: Doubt = {
  kind: 'escaped',
  fact: 'has \\n as two characters where a PEM has its line breaks',
  expected: 'real line breaks, unless the application replaces them',
}

const unencoded: Doubt = {
  kind: 'unencoded',
  fact: 'is a URL whose host has no dot, with an @ and another host in its path: what may be meant is a user or a password with a / in it',
  expected: 'a / in a user or a password to be percent-encoded, as %2F',
}

const passphrase: Doubt = {
  kind: 'passphrase',
  fact: 'is a private key that is itself encrypted, so that its reader needs the passphrase too',
  expected: 'a key without a passphrase, or the passphrase in a secret of its own',
}

const referenced: Doubt = {
  kind: 'reference',
  fact: `has a reference in it, such as \${NAME}, $NAME, {{ name }} or op://vault/item/field, which nothing expands on the way to the workload`,
  expected: 'the value that it stands for',
}

function placeholder(fact: string): Doubt {
  return { kind: 'placeholder', fact, expected: 'the real value' }
}

function plainDoubts(where: 'secret' | 'name' | 'text', text: string): Doubt[] {
  // A template or a script of several words may be meant as it is.
  const isReferring = where === 'text' ? isReference(text) : hasReference(text)
  if (isReferring) return [referenced]
  const bare = isQuoted(text) ? text.slice(1, -1) : text
  const judge = { secret: isExampleSecret, name: isExampleName, text: isPlaceholder }[where]
  return judge(bare) ? [placeholder('looks like a placeholder or an example')] : []
}

function urlDoubts(text: string): Doubt[] {
  const parts = urlParts(text)
  const found = [
    ...(text.search(referenceInUrl) !== -1 || isReference(text) ? [referenced] : []),
    ...(parts && isCutOff(parts) ? [unencoded] : []),
  ]
  if (!parts) return isExampleSecret(text) ? [...found, placeholder('looks like a placeholder or an example')] : found
  const { scheme, user, password, hosts, tail } = parts
  const isBare = (part: string) => !found.includes(referenced) && part.includes(blank)
  const database = tail.replace(/^\//, '').replace(/[?#/].*$/, '')
  const names = [
    ...(isUrlWord('user', user) || isBare(user) ? ['user'] : []),
    ...(password !== undefined && (isUrlWord('password', password) || isBare(password)) ? ['password'] : []),
    ...(hosts.some(({ host }) => isUrlWord('host', host) || isBare(host)) ? ['host'] : []),
    ...(hosts.some(({ port }) => port !== undefined && (isPortWord(port) || isBare(port))) ? ['port'] : []),
    ...(!scheme.startsWith('http') && (isUrlWord('database', database) || isBare(tail)) ? ['path'] : []),
  ]
  if (names.length === 0) return found
  return [...found, placeholder(`has what looks like a placeholder or an example for its ${names.join(', ')}`)]
}

/** `https://user/ss@host/`: a legal URL of the host `user`. A host of a cluster has no dot either, and seldom such a path. */
function isCutOff({ userinfo, hosts: [first], tail }: UrlParts): boolean {
  const [, behind = ''] = /^\/[^/?#@]+@([^/?#@]+)/.exec(tail) ?? []
  if (userinfo !== undefined || !first || /[.[]|^localhost$/i.test(first.host)) return false
  return /^(?:\p{L}[\p{L}\p{N}.-]*|\d+(?:\.\d+){3}|\[[\dA-Fa-f:.]+\])(?::\d+)?$/u.test(behind)
}

function isQuoted(text: string): boolean {
  return /^(?:".*"|'.*'|`.*`|“.*”|‘.*’|«.*»|„.*[“”])$/s.test(text) && text.length > 1
}

function isEncryptedKey(value: string): boolean {
  return /^(-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)/m.test(value)
}
