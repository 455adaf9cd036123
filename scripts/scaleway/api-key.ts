import { type Problem, ProblemError } from '../lib/problems.ts'

/** The two halves of a Scaleway API key. Secret: never printed. */
export interface KeyPair {
  readonly accessKey: string
  readonly secretKey: string
}

/**
 * A key from the usual forms: the JSON of `scw iam api-key create -o json`, lines of an env file, or the
 * access key and the secret key on two lines. Line endings, quotes, a byte order mark and spaces around are trimmed.
 *
 * @param where where the text is from, for messages; these never contain the text
 * @throws ProblemError `KEY_MISSING`, `KEY_UNREADABLE`, or as `checkedKey`
 */
export function parseApiKey(text: string, where: string): KeyPair {
  const trimmed = text.trim()
  if (trimmed === '') throw new ProblemError(problem('KEY_MISSING', where, 'is empty.'))
  return checkedKey(fromJson(trimmed, where) ?? fromEnvLines(trimmed) ?? fromTwoLines(trimmed, where), where)
}

/**
 * The halves, trimmed, once their form is right. The operator prints a malformed secret key in an Event, so it may
 * never reach the cluster. Source: scaleway-sdk-go, validation.IsAccessKey and validation.IsSecretKey.
 *
 * @throws ProblemError `KEY_HALVES_SWAPPED`, `KEY_HALF_MISSING` and `KEY_MALFORMED`, all at once
 */
export function checkedKey(halves: Partial<KeyPair>, where: string): KeyPair {
  const accessKey = bare(halves.accessKey)
  const secretKey = bare(halves.secretKey)
  const problems = formProblems({ accessKey, secretKey }, where)
  if (problems.length > 0) throw new ProblemError(problems)
  return { accessKey, secretKey }
}

export function isWellFormed({ accessKey, secretKey }: KeyPair): boolean {
  return accessForm.test(accessKey) && secretForm.test(secretKey)
}

/** Whether a text has the form of this half of a key. */
export function looksLikeKey(half: keyof KeyPair, text: string): boolean {
  return (half === 'accessKey' ? accessForm : secretForm).test(text)
}

/** The access key of a pair that may be malformed, in either half; undefined when it can't be found. */
export function accessKeyIn({ accessKey, secretKey }: KeyPair): string | undefined {
  return [accessKey, secretKey].map((half) => bare(half).toUpperCase()).find((half) => accessForm.test(half))
}

/** The part of a key that may be shown: `API key …7Q2A`. */
export function describeKey({ accessKey }: Pick<KeyPair, 'accessKey'>): string {
  return `API key …${accessForm.test(accessKey) ? accessKey.slice(-4) : ''}`
}

/** Without what editors, shells and copying add around it. */
export function bare(half: string | undefined): string {
  return (half ?? '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim()
}

// --- internal ---

const accessForm = /^SCW[A-Z0-9]{17}$/
const secretForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function formProblems({ accessKey, secretKey }: KeyPair, where: string): Problem[] {
  if (secretForm.test(accessKey) && accessForm.test(secretKey)) {
    const fact = 'has the two halves of the key swapped: the access key is where the secret key should be.'
    return [problem('KEY_HALVES_SWAPPED', where, fact)]
  }
  return [...accessProblems(accessKey, where), ...secretProblems(secretKey, where)]
}

function accessProblems(accessKey: string, where: string): Problem[] {
  if (accessForm.test(accessKey)) return []
  if (accessKey === '') return [problem('KEY_HALF_MISSING', where, 'has no access key.')]
  if (secretForm.test(accessKey))
    return [problem('KEY_MALFORMED', where, 'has a secret key in place of the access key.')]
  const cause = accessForm.test(accessKey.toUpperCase()) ? 'has lowercase letters' : lengthOf(accessKey)
  return [problem('KEY_MALFORMED', where, `has an access key that ${cause}.`, 'SCW and 17 capitals or digits')]
}

function secretProblems(secretKey: string, where: string): Problem[] {
  if (secretForm.test(secretKey)) return []
  if (secretKey === '') return [problem('KEY_HALF_MISSING', where, 'has no secret key.')]
  return [problem('KEY_MALFORMED', where, `has a secret key that ${lengthOf(secretKey)}.`, 'a UUID of 36 characters')]
}

function lengthOf(half: string): string {
  return `is malformed, with ${half.length} characters`
}

function problem(code: string, where: string, fact: string, expected = 'an access key and its secret key'): Problem {
  return {
    code,
    where,
    message: `${fact} Expected ${expected}.`,
    fix: 'Give the output of `scw iam api-key create -o json`, lines SCW_ACCESS_KEY=… and SCW_SECRET_KEY=…, or the access key and the secret key on two lines.',
  }
}

/** The parser's own message quotes the text, so it is not passed on. */
function fromJson(text: string, where: string): Partial<KeyPair> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const { access_key: accessKey, secret_key: secretKey } = JSON.parse(text) as Readonly<Record<string, unknown>>
    return { accessKey: textOf(accessKey), secretKey: textOf(secretKey) }
  } catch {
    throw new ProblemError(problem('KEY_UNREADABLE', where, 'starts like JSON but is not valid JSON.'))
  }
}

/** Other variables and comments are allowed. */
function fromEnvLines(text: string): Partial<KeyPair> | undefined {
  const line = /^\s*(?:export\s+)?(?:SCW|TIERED_SECRETS)_(ACCESS|SECRET)_KEY\s*=(.*)$/gm
  const halves = Object.fromEntries([...text.matchAll(line)].map(([, half, value]) => [half, value]))
  if (Object.keys(halves).length === 0) return undefined
  return { accessKey: textOf(halves.ACCESS), secretKey: textOf(halves.SECRET) }
}

function fromTwoLines(text: string, where: string): Partial<KeyPair> {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  const [accessKey = '', secretKey = ''] = lines
  if (lines.length === 2) return { accessKey, secretKey }
  const fact = `has ${lines.length === 1 ? 'one line' : `${lines.length} lines`} that are not in a form of a key.`
  throw new ProblemError(problem('KEY_UNREADABLE', where, fact))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
